"""What a proposal is trained to be: labels and targets from its overlap with the ground truth."""
