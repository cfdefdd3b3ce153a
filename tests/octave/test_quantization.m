## Quantization: codes, scales and zeros against plain Octave, the bound and the certificate, what bad input raises
## (tests/quantization_errors.tsv), who holds which memory, and Arrow with another library (arrow.c).

function test_quantization (here)
  that ("codes and scales of groups", @groups);
  that ("codes and scales of rows and tensors", @rows_and_tensors);
  that ("searches, f16 scales, the exact mode", @ways_to_scale);
  that ("zeros and constants come back", @exact_values);
  that ("the certificate", @certificate);
  that ("what is not finite", @not_finite);
  that ("the same bits on any number of threads", @threads);
  that ("a result that is saved and loaded", @saved);
  that ("results of other programs' shapes", @shapes);
  that ("the rule of ggml", @ggml);
  that ("a progress function stops a batch", @progress);
  that ("batches of many layers", @batches);
  that ("choices are those of single calls", @choices);
  that ("activations and equalization, of many rows", @many_rows);
  calls = listed_errors (here);
  own_errors ();
  that ("10,000 failing calls of quantization leave nothing behind", @() nothing_left (calls));
  folder = tempname ();
  mkdir (folder);
  unwind_protect
    for name = {"address", "arrow"}
      mkoctfile ("--mex", "-o", fullfile (folder, [name{1} ".mex"]), fullfile (here, "octave", [name{1} ".c"]));
    endfor
    addpath (folder);
    that ("results of quantization are aligned, and not copied", @no_copy);
    that ("arrays are read in place", @in_place);
    that ("memory of quantized arrays is used again", @reuse);
    that ("results of quantization that are held never change", @held);
    that ("what is quantized stays as it is", @inputs_stay);
    that ("Arrow: arrays to another library", @arrow_arrays);
    that ("Arrow: arrays of another library", @arrow_imports);
    that ("Arrow: quantized arrays", @arrow_quantized);
    that ("Arrow: memory is held as long as it is used", @arrow_lifetime);
    rmpath (folder);
  unwind_protect_cleanup
    confirm_recursive_rmdir (false, "local");
    rmdir (folder, "s");
  end_unwind_protect
endfunction

## -------------------------------------------------------------------------------------------------------------- values

## Values of some spread, of which the rows differ.
function x = values (dims, type = "double")
  k = reshape (1:prod (dims), dims);
  x = cast (sin (k * 37) .* (1 + mod (k, 7)) + cos (k * 0.61) / 3, type);
endfunction

## x as the rows that are quantized.
function rows = rows_of (x)
  rows = reshape (x, size (x, 1), []);
  if (isvector (x) && ndims (x) == 2)
    rows = x(:)';
  endif
endfunction

## A row of numbers for each element: that of its group in each row.
function each = spread (numbers, q, columns)
  group = ceil ((1:columns) / q.group);
  each = double (numbers).';
  if (numel (each) > 1)
    each = each(:, group);
  endif
endfunction

function scale = scales_of (q)
  scale = double (q.scale);
  if (isa (q.scale, "uint16")) # f16, normal numbers
    bits = double (q.scale);
    scale = (1 + mod (bits, 1024) / 1024) .* 2 .^ (floor (bits / 1024) - 15);
  endif
endfunction

## The largest error that is promised of each element of rows.
function most = bound (rows, scale, ulps)
  most = scale / 2 + ulps * double (eps (single (abs (rows))));
endfunction

## Checks the parts of q against x, and that no element is further off than promised; its range must fit the scale within
## the precision of that, `slack` of it.
function check (x, q, slack = 2^-15, ulps = 2)
  rows = double (single (rows_of (x)));
  n = columns (rows);
  codes = double (rows_of (dgen_unpack (q)));
  scale = spread (scales_of (q), q, n);
  zero = spread (q.zero, q, n);
  back = (codes - zero) .* scale;
  if (strcmp (q.range, "midrise"))
    back = (codes - 1.5) .* scale;
  endif
  same (double (rows_of (dgen_dequantize (q))), back);
  same (rows_of (dgen_dequantize (q, "double")), back);
  assert (all (codes(:) >= 0 & codes(:) < 2 ^ q.bits));
  off = abs (rows - back);
  assert (all ((off <= bound (rows, scale, ulps))(:)), true, sprintf ("off by %g scales", max ((off ./ scale)(:))));
  edges = [1:q.group:n, n + 1];
  if (strcmp (q.axis, "tensor"))
    [rows, edges, n] = deal (rows(:)', [1, numel(rows) + 1], numel (rows));
  endif
  for k = 1:numel (edges) - 1
    part = rows(:, edges(k):edges(k+1)-1);
    check_scale (min (part, [], 2), max (part, [], 2), scales_of (q)(k, :)', double (q.zero(k, :)'), q, slack);
  endfor
endfunction

## The scale and zero of a group in each row.
function check_scale (low, high, scale, zero, q, slack)
  constant = low == high;
  top = 2 ^ q.bits - 1;
  half = 2 ^ (q.bits - 1);
  if (strcmp (q.scheme, "asymmetric"))
    [low, high] = deal (min (low, 0), max (high, 0));
    wanted = (high - low) / top;
    assert (all (abs (zero + low ./ scale)(! constant) <= 0.5 + 1e-3));
  else
    levels = struct ("narrow", half - 1, "full", half, "midrise", 2).(q.range);
    wanted = max (-low, high) / levels;
    if (strcmp (q.range, "full"))
      wanted = max (-low / half, high / (half - 0.5)); # the highest code clamps by half a scale at most
      slack += 1 / (2 * half - 1);
    endif
    if (! strcmp (q.range, "midrise"))
      assert (unique (zero), half);
    endif
  endif
  ratio = (scale ./ wanted)(! constant);
  assert (all (ratio >= 1 - 1e-7 & ratio <= 1 + slack), true, sprintf ("a scale %g times the range's", ratio));
endfunction

function groups ()
  for type = {"single", "double"}
    for dims = {[3 4], [7 130], [1 77], [77 1], [2 3 4], [5 2 3 2], [1 1 9], [2 2 2 2 3], [33 65], [1 1]}
      x = values (dims{1}, type{1});
      length = columns (rows_of (x));
      for bits = [8 4 2]
        sizes = unique ([1, 2, 3, 50, 64, length]);
        for group = sizes(sizes <= length & sizes * 30 > length)
          check (x, dgen_quantize (x, "bits", bits, "group", group));
          for range = {"narrow", "full", "midrise"}
            if (! strcmp (range{1}, "midrise") || bits == 2)
              q = dgen_quantize (x, "bits", bits, "group", group, "scheme", "symmetric", "range", range{1});
              assert ({q.group, q.range, q.shape}, {group, range{1}, dims{1}});
              check (x, q);
            endif
          endfor
        endfor
      endfor
    endfor
  endfor
endfunction

function rows_and_tensors ()
  for type = {"single", "double"}
    for dims = {[3 4], [7 300], [1 770], [770 1], [5 2 30], [300 7]}
      x = values (dims{1}, type{1});
      for bits = [8 4 2]
        for axis = {"row", "tensor"}
          q = dgen_quantize (x, "bits", bits, "axis", axis{1});
          assert (q.axis, axis{1});
          check (x, q);
        endfor
      endfor
    endfor
  endfor
endfunction

function ways_to_scale ()
  x = values ([16, 200], "single");
  x(:, 7) *= 20; # outliers
  for bits = [8 4 2]
    plain = dgen_quantize (x, "bits", bits);
    mse = dgen_quantize (x, "bits", bits, "search", "mse");
    assert (mse.error.rmse <= plain.error.rmse * (1 + 1e-6));
    most = dgen_quantize (x, "bits", bits, "search", "percentile", "percentile", 100);
    assert (isequal (most.codes, plain.codes));
    cut = dgen_quantize (x, "bits", bits, "search", "percentile", "percentile", 90);
    assert (all (cut.scale(1, :) < plain.scale(1, :)) && cut.error.clipped > 0);
    check (x, dgen_quantize (x, "bits", bits, "exact", true), 2^-15, 1);
    check (x, dgen_quantize (x, "bits", bits, "scale_type", "f16"), 2^-9);
    check (x, dgen_quantize (x, "bits", bits, "scale_type", "f16", "exact", true), 2^-9, 1);
  endfor
endfunction

function exact_values ()
  for bits = [8 4 2]
    x = [values([3 64]); zeros(1, 64); repmat(0.3, 1, 64); repmat(-1e-30, 1, 64)];
    x(:, 5:9) = 0;
    x(5:6, 5:9) = x(5:6, 10:14);
    y = dgen_dequantize (dgen_quantize (x, "bits", bits), "double");
    assert (all (y(x == 0) == 0));
    same (y(4:6, :), double (single (x(4:6, :))));
  endfor
  whole = repmat (-127:127, 4, 1);
  q = dgen_quantize (whole, "scheme", "symmetric", "axis", "row");
  assert ({unique(q.scale), q.error.max}, {single(1), 0});
endfunction

function certificate ()
  for type = {"single", "double"}
    for dims = {[20 130], [1 5000], [3 4 50]}
      for bits = [8 4 2]
        for options = {{}, {"scheme", "symmetric"}, {"axis", "tensor"}, {"search", "percentile", "percentile", 80}}
          x = values (dims{1}, type{1});
          q = dgen_quantize (x, "bits", bits, options{1}{:});
          w = double (single (x));
          y = dgen_dequantize (q, "double");
          assert (q.error.max, max (abs (w - y)(:)), -1e-6);
          assert (q.error.rmse, sqrt (mean ((w - y)(:) .^ 2)), -1e-5);
          assert (q.error.snr_db, 10 * log10 (sumsq (w(:)) / sumsq ((w - y)(:))), 1e-4);
          assert (q.error.cosine, (w(:)' * y(:)) / (norm (w(:)) * norm (y(:))), 1e-6);
          n = columns (rows_of (x));
          at = rows_of (w) ./ spread (q.scale, q, n) + spread (q.zero, q, n);
          assert (q.error.clipped, sum ((at < strcmp (q.range, "narrow") - 0.5 | at > 2 ^ bits - 0.5)(:)));
          assert (q.error.nonfinite, 0);
        endfor
      endfor
    endfor
  endfor
  none = dgen_quantize (values ([3 4]), "certificate", false).error;
  assert (isnan ([none.max, none.rmse, none.snr_db, none.cosine]));
  fine = dgen_quantize (zeros (3, 4)).error;
  assert ([fine.max, fine.rmse, fine.snr_db, fine.cosine], [0 0 Inf 1]);
endfunction

function not_finite ()
  x = [1 NaN -3 2; Inf 2 -Inf 0.5];
  for type = {"single", "double"}
    q = dgen_quantize (cast (x, type{1}), "nan", "saturate");
    assert (q.error.nonfinite, 3);
    assert (dgen_dequantize (q, "double"), [1 0 -3 2; 2 2 0 0.5], 0.02);
    q = dgen_quantize (cast (x, type{1}), "nan", "zero");
    assert (dgen_dequantize (q, "double"), [1 0 -3 2; 0 2 0 0.5], 0.02);
  endfor
  q = dgen_quantize ([1 1e300 -2], "nan", "zero");
  assert (q.error.nonfinite, 1);
endfunction

function threads ()
  for type = {"single", "double"}
    x = values ([300 2000], type{1});
    for options = {{"bits", 8}, {"bits", 4, "axis", "row"}, {"bits", 2, "axis", "tensor"}, {"bits", 4, "search", "mse"}}
      one = dgen_quantize (x, options{1}{:}, "max_threads", 1);
      assert (isequal (dgen_quantize (x, options{1}{:}, "max_threads", 2), one));
      same (dgen_dequantize (one, "f32", "max_threads", 1), dgen_dequantize (one, "f32", "max_threads", 2));
      before = dgen_threads ();
      unwind_protect
        dgen_threads (3);
        assert (isequal (dgen_quantize (x, options{1}{:}), one));
      unwind_protect_cleanup
        dgen_threads (before);
      end_unwind_protect
    endfor
  endfor
endfunction

function saved ()
  path = tempname ();
  unwind_protect
    for options = {{"bits", 4}, {"scale_type", "f16", "axis", "row"}, {"rule", "ggml_q4_1"}}
      q = dgen_quantize (values ([10 64]), options{1}{:});
      p = dgen_repack (dgen_quantize (values ([10 64]), "rule", "ggml_q8_0"), "ggml_q8_0");
      table = dgen_activation_table ([0 -1 1; 10 -2 2]);
      for form = {"-text", "-binary", "-v7"}
        save (form{1}, path, "q", "p", "table");
        back = load (path);
        assert (isequal (back.q, q));
        same (dgen_dequantize (back.q), dgen_dequantize (q));
        assert (isequal (dgen_repack (back.p, "dgen").codes, dgen_repack (p, "dgen").codes));
        assert (isequal (dgen_quantize_activations ([1; 2], 3, back.table), dgen_quantize_activations ([1; 2], 3, table)));
      endfor
    endfor
  unwind_protect_cleanup
    unlink (path);
  end_unwind_protect
endfunction

## Any struct with the fields will do; n rows of one element have a third dimension.
function shapes ()
  q = dgen_quantize (values ([5 3]), "group", 3, "bits", 4);
  r = rmfield (q, "error");
  r.shape = single ([5; 3]);
  same (dgen_dequantize (r), dgen_dequantize (q));
  r.shape = [5 1 3];
  assert (size (dgen_dequantize (r)), [5 1 3]);
  q.shape = [5 1 1];
  q.group = 1;
  q.codes = q.codes(1, :);
  assert (size (dgen_dequantize (q)), [5 1]);
  same (dgen_unpack (q), bitand (q.codes', 15));
  q = dgen_quantize (values ([2 3 2 2 3]));
  q.shape = [2 36];
  same (dgen_dequantize (q), reshape (dgen_dequantize (dgen_quantize (values ([2 3 2 2 3]))), 2, 36));
  x = values ([4 6])(:, 1:2:end);
  assert (isequal (dgen_quantize (x), dgen_quantize (x + 0)));
  assert (isequal (dgen_quantize (1:9), dgen_quantize ([1 2 3 4 5 6 7 8 9]))); # a range
endfunction

## ggml-quants.c, as its rule is written there: of blocks of 32.
function ggml ()
  x = values ([4 96], "single");
  blocks = reshape (x', 32, []);
  most = max (abs (blocks));
  d = most / single (127);
  codes = single (round (blocks .* (1 ./ d))); # halves away from 0
  q = dgen_quantize (x, "rule", "ggml_q8_0");
  assert ({q.bits, q.group, q.scheme, class(q.scale)}, {8, 32, "symmetric", "uint16"});
  same (single (reshape (dgen_unpack (q)', 32, [])) - 128, codes);
  [~, at] = max (abs (blocks));
  signed = blocks(sub2ind (size (blocks), at, 1:columns (blocks)));
  d = signed / single (-8);
  codes = min (15, fix (blocks .* (1 ./ d) + 8.5));
  q = dgen_quantize (x, "rule", "ggml_q4_0");
  same (single (reshape (dgen_unpack (q)', 32, [])), codes);
  p = dgen_repack (q, "ggml_q4_0");
  bytes = reshape (p.codes, 18, []);
  same (double (bitand (bytes(3:18, :), 15)), double (codes(1:16, :)));
  same (double (bitshift (bytes(3:18, :), -4)), double (codes(17:32, :)));
  same (typecast (bytes(1:2, :)(:), "uint16"), q.scale(:));
endfunction

## --------------------------------------------------------------------------------------------------------- many layers

function answer = answer_at (done, total, answer)
  persistent calls = 0;
  if (nargin < 3)
    answer = calls;
    calls = 0;
    return;
  endif
  calls++;
  if (calls == 3 && ischar (answer))
    error ("my:own", "%s", answer);
  elseif (calls < 3)
    answer = true;
  endif
endfunction

function progress ()
  layers = repmat ({values([50 400])}, 1, 40);
  answer_at ();
  try
    dgen_quantize_batch (layers, "progress", @(d, t) answer_at (d, t, "enough of it"));
    error ("not stopped");
  catch failure
    assert ({failure.identifier, failure.message}, {"my:own", "enough of it"});
  end_try_catch
  assert (answer_at (), 3);
  assert (! isempty (raised (@() dgen_quantize_batch (layers, "progress", @(d, t) answer_at (d, t, false)))));
  [~, identifier] = lasterr ();
  assert (identifier, "dgen:canceled");
  assert (answer_at (), 3);
  list = dgen_quantize_batch (layers, "progress", @(d, t) answer_at (d, t, [])); # neither true nor false goes on
  assert (numel (list), 40);
  assert (answer_at () > 3);
  dgen_choose_bits (layers(1:3), "budget", 1e6, "progress", @(d, t) answer_at (d, t, 0));
  assert (raised (@() dgen_choose_bits (layers, "budget", 1e6, "progress", @(d, t) error ("no more"))), "no more");
  answer_at ();
endfunction

function batches ()
  layers = arrayfun (@(i) values ([mod(i, 9) + 1, mod(i * 7, 90) + 1], {"single", "double"}{mod (i, 2) + 1}), 1:300, ...
                     "uniformoutput", false);
  layers{20} = values ([300 500], "single"); # large enough for the pool
  bits = [2 4 8](mod (1:300, 3) + 1);
  list = dgen_quantize_batch (layers, "bits", bits, "scheme", "symmetric");
  for i = [1:20, 100:7:300]
    assert (isequaln (list{i}, dgen_quantize (layers{i}, "bits", bits(i), "scheme", "symmetric")));
  endfor
  assert (isequaln (dgen_quantize_batch (layers, "bits", bits, "scheme", "symmetric", "max_threads", 1), list));
endfunction

function choices ()
  layers = {values([32 64]), 100 * values([64 64]), values([8 256], "single"), values([1 100])};
  bytes = @(q) numel (q.codes) + 4 * numel (q.scale) + numel (q.zero);
  relative = @(b) cellfun (@(x, n) 10 ^ (-dgen_quantize (x, "bits", n).error.snr_db / 10), layers, num2cell (b));
  total = @(b) sum (cellfun (@(x, n) bytes (dgen_quantize (x, "bits", n)), layers, num2cell (b)));
  for budget = [2700, 4000, 6000, 9000, 1e5]
    choice = dgen_choose_bits (layers, "budget", budget);
    bits = choice.bits';
    assert (total (bits), sum (choice.size));
    assert (sum (choice.size) <= budget);
    assert (choice.snr_db', -10 * log10 (relative (bits)), 1e-4);
    for i = find (bits < 8) # no layer that still fits is left at fewer bits
      more = bits;
      more(i) *= 2;
      assert (total (more) > budget);
    endfor
  endfor
  assert (bits, [8 8 8 8]);
endfunction

function many_rows ()
  table = dgen_activation_table ([(0:99)', -1 - (0:99)' / 10, 1 + (0:99)' / 20], 8);
  x = values ([400 300], "single");
  t = mod ((1:400) * 7, 100) + 0.5;
  q = dgen_quantize_activations (x, t, table);
  at = floor (t) + 1;
  same (q.scale', table.scale(at));
  codes = double (dgen_unpack (q));
  wanted = min (255, max (0, round (double (x) ./ double (q.scale')) + double (q.zero')));
  assert (max (abs (codes - wanted)(:)) <= 1);
  assert (mean ((codes != wanted)(:)) < 1e-4); # halves
  w = values ([500 200]);
  x = values ([700 200], "single");
  e = dgen_equalize (w, x, 0.4);
  assert (e.x * single (e.w)', single (x * w'), 1e-4 * max (abs (x * w')(:)));
endfunction

## -------------------------------------------------------------------------------------------------------------- errors

## Runs quantization_errors.tsv; the calls that fail. One row of three numbers is a matrix in Octave.
function calls = listed_errors (here)
  not_here = {"activation_table\t[0,1,-1] 1"};
  lines = strsplit (fileread (fullfile (here, "quantization_errors.tsv")), "\n");
  lines = lines(! cellfun (@(line) isempty (line) || line(1) == "#", lines));
  calls = {};
  for line = lines
    fields = strsplit (line{1}, "\t");
    if (any (strcmp ([fields{1} "\t" fields{2}], not_here)))
      continue;
    endif
    list = cellfun (@given, strsplit (fields{2}, " "), "uniformoutput", false);
    list = [list{:}];
    calls{end+1} = @() feval (["dgen_" fields{1}], list{:});
    that (["quantization_errors.tsv: " line{1}], @() assert (raised (calls{end}), fields{3}));
  endfor
  that ("quantization_errors.tsv is for Octave", @() assert (numel (calls), numel (lines) - 1));
endfunction

## The arguments that a word stands for.
function list = given (word)
  named = regexp (word, '^([a-z_]+)=(.*)$', "tokens");
  if (! isempty (named))
    list = [named{1}(1), given(named{1}{2})];
  elseif (word(1) == '"')
    list = {word(2:end-1)};
  elseif (strcmp (word, "q"))
    list = {dgen_quantize([1, 2, 3])};
  elseif (strcmp (word, "table"))
    list = {dgen_activation_table([0, -1, 1; 10, -2, 2], 2)};
  elseif (strncmp (word, "list(", 5))
    parts = regexp (word(6:end-1), '\[[^]]*\]', "match");
    list = {cellfun(@(part) given (part){1}, parts, "uniformoutput", false)};
  elseif (word(1) == "i" && word(2) == "[")
    list = {int32(given (word(2:end)){1})};
  else # a number, a matrix, true, nil
    list = {eval(strrep (strrep (word, "nil", "[]"), "nan", "NaN"))};
  endif
endfunction

function own_errors ()
  q = dgen_quantize (values ([5 3]));
  many = {values([3 3]), values([3 3])};
  errors = {@() dgen_activation_table ([0; 1; -1], 1), "stats must be a matrix of 3 columns: timestep, least, largest"
            @() dgen_quantize_batch (many, "bits", "8"), "bits must be 8, 4 or 2, not \"8\""
            @() dgen_quantize_batch (many, "bits", {8, 4}), "bits must be 8, 4 or 2, not a value of another type"
            @() dgen_quantize_batch (many, "bits", []), ...
              "bits must be a number, or have as many elements as there are layers, 2, not 0"
            @() dgen_quantize_batch (many, "bits", [8 NaN]), "bits must be 8, 4 or 2, not NaN"
            @() dgen_quantize_batch (many, "progress"), "options must be pairs of a name and a value"
            @() dgen_repack (q, "ggml_q8_0"), "q must have groups of 32 for \"ggml_q8_0\", not 3"
            @() dgen_repack (struct ("packing", "onnx"), "dgen"), "p.codes must be an array"
            @() dgen_choose_bits (many, "rules", {"*", 3}), "rules must give 2, 4, 8 or 16 bits; rule 1 gives 3"
            @() dgen_choose_bits (many, "rules", {1, 8}), "rules must be a list of pairs, each a pattern and bits"
            @() dgen_quantize_activations ([1; 2], "1", 3), "t must be an array or a number"
            @() dgen_quantize_activations ([1 2], 1, q), "table.timestep must be an array"
            @() dgen_quantize (values ([3 3]), "nan"), "options must be pairs of a name and a value"};
  for row = errors'
    that (["error: " row{2}], @() assert (raised (row{1}), row{2}));
  endfor
endfunction

function nothing_left (calls)
  big = values ([300 300]);
  holed = big;
  holed(end) = NaN;
  q = dgen_quantize (big);
  q.codes(end) = [];
  calls(end+(1:8)) = {@() dgen_quantize (holed), @() dgen_quantize (single (holed), "bits", 4, "axis", "tensor"), ...
                      @() dgen_dequantize (q), @() dgen_unpack (q), @() dgen_quantize_batch ({big, holed}), ...
                      @() dgen_quantize_batch ({big, big}, "progress", @(d, t) error ("no")), ...
                      @() dgen_equalize (big, holed), @() dgen_arrow_export (big, 8, 7)};
  for round = 1:12000
    if (round == 2000)
      before = status_bytes ("VmRSS");
    endif
    assert (! isempty (raised (calls{1+mod(round, end)})));
  endfor
  grown = status_bytes ("VmRSS") - before;
  assert (grown < 2^20, "memory grew by %d bytes", grown);
endfunction

## -------------------------------------------------------------------------------------------------------------- memory

function no_copy ()
  for n = [2, 1000, 2^16, 2^20]
    q = dgen_quantize (values ([1 n], "single"));
    y = q;
    x = {q.codes, dgen_dequantize(q), dgen_dequantize(q, "f64"), dgen_dequantize(q, "f16"), dgen_unpack(q)};
    assert (cellfun (@(x) mod (address (x), 64), x), zeros (1, 5));
    assert (address (y.codes), address (q.codes));
  endfor
endfunction

## The bytes by which code raises the peak memory of an Octave that has `x` and has quantized before.
function grown = peak (make, code)
  [output, status] = child ([make "; q = dgen_quantize (x(:, 1:2)); dgen_dequantize (q); clear q\n" ...
                             "start = status_bytes ('VmRSS');\n" code "\nprintf ('%d', status_bytes ('VmHWM') - start);"]);
  assert (status, 0, output);
  grown = str2double (output);
endfunction

## 4, 40 and 400 MB: no more than what is returned, and the working memory of threads.
function in_place ()
  for megabytes = [4, 40, 400]
    for type = {"single", 4; "double", 8}'
      n = megabytes * 1e6 / type{2};
      make = sprintf ("x = ones (1000, %d, '%s'); x(1:2:end) = 2", n / 1000, type{1});
      calls = {"y = dgen_quantize (x);", 1.0390625 * n; "y = dgen_quantize (x, 'bits', 2, 'axis', 'row');", n / 4 + 5000
               "y = dgen_quantize_batch ({x});", 1.0390625 * n};
      for call = calls(1:(megabytes < 400) * 2 + 1, :)'
        grown = peak (make, call{1});
        assert (grown < 1.03 * call{2} + 5 * 2^20, "%d MB of %s, %s peak memory grew by %d bytes for %d", megabytes, ...
                type{1}, call{1}, grown, call{2});
      endfor
    endfor
  endfor
endfunction

function reuse ()
  x = values ([1000 1000], "single");
  q = dgen_quantize (x);
  for call = {@() dgen_quantize(x).codes, @() dgen_dequantize(q), @() dgen_unpack(q), @() dgen_dequantize(q, "bf16")}
    seen = [];
    for k = 1:60
      if (k == 30)
        faults = getrusage ().minflt;
      endif
      y = call{1} ();
      seen(end+1) = address (y);
    endfor
    faults = getrusage ().minflt - faults;
    assert (faults < 100, "%d page faults of 31 results of %s", faults, func2str (call{1}));
    assert (numel (unique (seen)) <= 3);
  endfor
endfunction

function text = digest (x)
  text = hash ("md5", char (typecast (x(:), "uint8")'));
endfunction

function held ()
  x = values ([500 600], "single");
  q = dgen_quantize (x);
  list = dgen_quantize_batch ({x, x'});
  e = dgen_equalize (x, x);
  kept = {q.codes, q.scale, dgen_dequantize(q)(1001:2000), list{2}.codes, e.w, e.x, dgen_unpack(q)};
  before = cellfun (@digest, kept, "uniformoutput", false);
  for k = 1:20
    r = dgen_quantize (2 * x);
    r.codes(1) = 7; # of this variable alone
    dgen_dequantize (r);
    dgen_quantize_batch ({2 * x, x'});
    dgen_equalize (2 * x, x);
    dgen_unpack (r);
  endfor
  assert (cellfun (@digest, kept, "uniformoutput", false), before);
endfunction

function inputs_stay ()
  for type = {"single", "double"}
    x = values ([300 400], type{1});
    before = digest (x);
    alias = x;
    q = dgen_quantize (x);
    parts = {digest(q.codes), digest(q.scale), digest(q.zero)};
    y = dgen_dequantize (q, type{1});
    y(1) = 9;
    e = dgen_equalize (x, alias);
    e.w(1) = 9;
    r = q;
    r.codes(1)++;
    assert ({digest(x), digest(alias)}, {before, before});
    assert ({digest(q.codes), digest(q.scale), digest(q.zero)}, parts);
  endfor
endfunction

## --------------------------------------------------------------------------------------------------------------- Arrow

function arrow_arrays ()
  cases = {"single", "f"; "double", "g"; "int8", "c"; "uint8", "C"; "int16", "s"; "uint16", "S"; "int32", "i"; "uint32", "I"
           "int64", "l"};
  for row = cases'
    x = cast ((1:100)', row{1});
    for x = {x, x', x(11:60)}
      [a, s] = arrow ("new");
      dgen_arrow_export (x{1}, a, s);
      seen = arrow ("see", a, s);
      assert ({seen.format, seen.length, seen.null_count, seen.n_buffers}, {row{2}, numel(x{1}), 0, 2});
      assert (seen.data, address (x{1}));
      same (typecast (arrow ("read", seen.data, sizeof (x{1})), row{1}), x{1}(:));
      arrow ("release", a, s);
      dgen_arrow_export (x{1}, double (a), sprintf ("0x%x", s));
      back = dgen_arrow_import (a, s);
      assert ({class(back), back, address(back)}, {row{1}, x{1}(:), address(x{1})});
      arrow ("free", a, s);
    endfor
  endfor
  for dims = {[3 4], [2 3 4], [2 3 4 5]}
    x = values (dims{1}, "single");
    [a, s] = arrow ("new");
    dgen_arrow_export (x, a, s);
    seen = arrow ("see", a, s);
    assert ({seen.length, seen.children{1}.format, seen.children{1}.length}, {1, "f", numel(x)});
    assert (seen.children{1}.data, address (x));
    text = char (seen.bytes);
    assert (! isempty (strfind (text, "arrow.fixed_shape_tensor")) && ! isempty (strfind (text, "permutation")));
    back = dgen_arrow_import (a, s);
    same (back, x);
    assert (address (back), address (x));
    arrow ("free", a, s);
  endfor
endfunction

function arrow_imports ()
  cases = {"f", single(sin (1:50)); "g", cos(1:50); "c", int8(1:50); "C", uint8(1:50); "s", int16(1:50); "S", uint16(1:50)
           "i", int32(1:50); "I", uint32(1:50); "l", int64(1:50); "e", uint16(1:50)};
  for row = cases'
    [a, s] = arrow ("make", row{1}, row{2}, 0, 0, 50);
    data = arrow ("see", a, s).data;
    x = dgen_arrow_import (uint64 (a), s);
    same (x, row{2}');
    assert (address (x), data);
    y = x;
    y(1) = 99; # a copy: the memory is the producer's
    same (x, row{2}');
    clear x y
    dgen_pool_trim ();
    assert (arrow ("alive"), 0);
    arrow ("free", a, s);
  endfor
  [a, s] = arrow ("make", "f", single (1:50), 0, 16, 20); # from element 17 on
  x = dgen_arrow_import (a, s);
  same (x, single (17:36)');
  clear x
  for bad = {"f", 3; "u", 0; "z", 0; "tdD", 0; "+l", 0}'
    [b, t] = arrow ("make", bad{1}, single (1:50), bad{2}, 0, 50);
    assert (! isempty (raised (@() dgen_arrow_import (b, t))));
    arrow ("free", b, t);
  endfor
  dgen_pool_trim ();
  assert (arrow ("alive"), 0);
  arrow ("free", a, s);
endfunction

function arrow_quantized ()
  for options = {{}, {"bits", 4, "axis", "row"}, {"bits", 2, "scheme", "symmetric", "range", "midrise"}, ...
                 {"scale_type", "f16"}, {"axis", "tensor"}, {"rule", "ggml_q4_1"}}
    for dims = {[6 64], [64 1], [2 4 32]}
      q = dgen_quantize (values (dims{1}), options{1}{:});
      [a, s] = arrow ("new");
      dgen_arrow_export (q, a, s);
      seen = arrow ("see", a, s);
      assert ({seen.format, seen.length}, {"+s", 1});
      assert (cellfun (@(child) child.name, seen.children, "uniformoutput", false)(1:3), {"codes", "scale", "zero"});
      assert (! isempty (strfind (char (seen.bytes), "dgen.quantized")));
      data = seen.children{1}.children{1}.data;
      assert (data, address (q.codes));
      back = dgen_arrow_import (a, s);
      assert (isequaln (back, q));
      assert (address (back.codes), address (q.codes));
      same (dgen_dequantize (back), dgen_dequantize (q));
      arrow ("free", a, s);
    endfor
  endfor
endfunction

function arrow_lifetime ()
  x = values ([300 400], "single");
  where = address (x);
  before = digest (x);
  [a, s] = arrow ("new");
  dgen_arrow_export (x, a, s);
  x(1) = 77; # the consumer's memory stays as it was
  assert (address (x) != where);
  clear x
  for k = 1:20
    y = values ([300 400], "single");
  endfor
  data = arrow ("see", a, s).children{1}.data;
  assert (digest (arrow ("read", data, 4 * 120000)), before);
  arrow ("release", a, s);
  arrow ("free", a, s);
  for round = 1:3000
    if (round == 1000)
      start = status_bytes ("VmRSS");
    endif
    [a, s] = arrow ("new");
    dgen_arrow_export (dgen_quantize (ones (10, 1000)), a, s);
    if (mod (round, 2))
      q = dgen_arrow_import (a, s);
    else
      arrow ("release", a, s);
    endif
    arrow ("free", a, s);
  endfor
  grown = status_bytes ("VmRSS") - start;
  assert (grown < 2^20, "memory grew by %d bytes", grown);
  [output, status] = child ("x = dgen_generate (2^20); q = dgen_quantize (ones (300)); dgen_version ();");
  assert ({output, status}, {"", 0});
endfunction
