% Answers questions to VOCevaldet.m; built_voc.py runs it in Octave with the system's folder as its working folder.
%
% A question is a line "minoverlap G D", then G lines "image x1 y1 x2 y2 difficult" and D lines
% "image x1 y1 x2 y2 score", images numbered from 1 to 4. The answer is a line "11-point area D", then D lines
% "recall precision".
1;

function hash = VOChash_init(names)
  hash = names;
end

function i = VOChash_lookup(hash, name)
  i = find(strcmp(hash, name));
end

function answer(sizes, folder, in, out)
  truths = reshape(fscanf(in, '%f', 6 * sizes(2)), 6, [])';
  found = reshape(fscanf(in, '%f', 6 * sizes(3)), 6, [])';
  gtids = {'i1'; 'i2'; 'i3'; 'i4'};
  for i = 1:4
    rows = truths(truths(:, 1) == i, :);
    objects = struct('class', {'other'}, 'bbox', {[0 0 0 0]}, 'difficult', {false});
    for k = 1:size(rows, 1)
      objects(k + 1) = struct('class', 'c', 'bbox', rows(k, 2:5), 'difficult', logical(rows(k, 6)));
    end
    recs(i).objects = objects;
  end
  cache = fullfile(folder, 'cache_%s.mat');
  save('-binary', sprintf(cache, 'test'), 'gtids', 'recs');
  results = fullfile(folder, '%s_%s.txt');
  file = fopen(sprintf(results, 'id', 'c'), 'w');
  for k = 1:size(found, 1)
    fprintf(file, 'i%d %.17g %.17g %.17g %.17g %.17g\n', found(k, [1 6 2 3 4 5]));
  end
  fclose(file);
  opts = struct('annocachepath', cache, 'testset', 'test', 'detrespath', results, 'minoverlap', sizes(1));
  [rec, prec, ap] = quietly(opts);
  fprintf(out, '%.17g %.17g %d\n', ap, VOCap(rec, prec), numel(rec));
  fprintf(out, '%.17g %.17g\n', [rec, prec]');
end

function [rec, prec, ap] = quietly(opts)
  evalc('[rec, prec, ap] = VOCevaldet(opts, ''id'', ''c'', false);');
end

warning('off', 'all');
in = fopen(getenv('VOC_QUESTIONS'), 'r');
out = fopen(getenv('VOC_ANSWERS'), 'w');
sizes = fscanf(in, '%f %d %d', 3);
while !isempty(sizes)
  answer(sizes, fileparts(getenv('VOC_ANSWERS')), in, out);
  sizes = fscanf(in, '%f %d %d', 3);
end
fclose(out);
