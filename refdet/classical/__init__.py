"""Detection before networks: orientation histograms, linear support vector machines, hard negatives."""
