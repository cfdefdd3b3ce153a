## Random values: each distribution of the registry in every class, shape and piece, its parameters in every form, the
## engine of Octave against Octave's own, and what bad input raises (tests/random_errors.tsv).

function test_random (here)
  list = dgen_distributions ();
  [rows, known] = cases ();
  that ("the cases are the registry", @() assert (sort (known), sort ({list.name})));
  for i = 1:numel (list)
    row = rows.(list(i).name);
    row.name = list(i).name;
    row.distribution = list(i);
    that (["classes of " row.name], @() classes (row));
    that (["values of " row.name], @() values (row));
    that (["threads of " row.name], @() threads (row));
    if (! ismember (list(i).kind, {"order", "rows"}))
      that (["shapes of " row.name], @() shapes (row));
      that (["pieces of " row.name], @() pieces (row));
      that (["parameters of " row.name], @() parameters (row));
    endif
  endfor
  that ("parameters by name and in their order", @names);
  that ("seeds and streams", @seeds);
  that ("integers that a double cannot hold", @wide_integers);
  that ("permutations and samples", @orders);
  that ("positions by weight", @categories);
  that ("rows of norm 1", @rows_of_one);
  that ("full resolution", @resolution);
  that ("the engine of Octave", @engine);
  that ("what distributions are given stays as it is", @inputs_stay);
  calls = listed_errors (here);
  own_errors ();
  that ("samplers that are let go, or closed, leave nothing behind", @samplers_let_go);
  that ("10,000 failing calls of distributions leave nothing behind", @() nothing_left (calls));
endfunction

## ------------------------------------------------------------------------------------------------------------- values

## Of each distribution: legal parameters, mean and variance with them, and other parameters. All are exact in single.
function [rows, known] = cases ()
  table = {"uniform", {-1, 3}, 1, 16 / 12, {0, 1}
           "normal", {2, 3}, 2, 9, {-1, 0.5}
           "lognormal", {0.5, 0.25}, exp(0.5 + 1 / 32), (exp (1 / 16) - 1) * exp(1 + 1 / 16), {0, 1}
           "exponential", {4}, 1 / 4, 1 / 16, {1}
           "gamma", {2.5, 2}, 1.25, 2.5 / 4, {0.5, 1}
           "beta", {2, 3}, 0.4, 0.04, {0.5, 0.5}
           "chisq", {5}, 5, 10, {1}
           "t", {7}, 0, 7 / 5, {2}
           "cauchy", {3, 2}, 0, pi ^ 2 / 12, {0, 1}
           "geometric", {0.25}, 3, 12, {0.5}
           "poisson", {4}, 4, 4, {50}
           "binomial", {20, 0.25}, 5, 3.75, {1000, 0.5}
           "bernoulli", {0.25}, 0.25, 3 / 16, {0.75}
           "integers", {-2, 6}, 2, 80 / 12, {0, 255}
           "categorical", {[1 2 3 4]}, 3, 1, {}
           "permutation", {1000}, 500.5, 999999 / 12, {}
           "sample", {1000, 300}, 500.5, 999999 / 12, {}
           "unit_vectors", {40, 25}, 0, 1 / 25, {}};
  known = table(:, 1)';
  for row = table'
    [name, given, mean, variance, other] = row{:};
    rows.(name) = struct ("given", {given}, "mean", mean, "variance", variance, "other", {other});
  endfor
endfunction

## n values, if n is theirs to say.
function x = draw (row, n, varargin)
  if (ismember (row.distribution.kind, {"order", "rows"}))
    x = feval (["dgen_" row.name], varargin{:});
  else
    x = feval (["dgen_" row.name], n, varargin{:});
  endif
endfunction

## Classes by the core's names and by Octave's; whole numbers are the same in each.
function classes (row)
  real = {"f64", "double"; "f32", "single"; "double", "double"; "single", "single"};
  whole = {"i32", "int32"; "i64", "int64"; "u8", "uint8"; "int32", "int32"; "int64", "int64"; "uint8", "uint8"};
  default = struct ("real", "double", "rows", "single", "whole", "int32", "index", "int32", "order", "int32");
  default = default.(row.distribution.kind);
  types = real;
  given = row.given;
  if (strcmp (default, "int32"))
    types = [real; whole];
    if (strcmp (row.distribution.kind, "order"))
      given{1} = 200; # as a uint8 holds
      given{end} = 100;
    elseif (strcmp (row.name, "integers"))
      given = {1, 6};
    endif
  endif
  plain = draw (row, 1000, given{:}, "seed", 1);
  assert (class (plain), default);
  for type = types'
    x = draw (row, 1000, given{:}, "seed", 1, "type", type{1});
    assert (class (x), type{2});
    assert (size (x), size (plain));
    if (strcmp (default, "int32") || strcmp (type{2}, default))
      same (double (x), double (plain));
    endif
  endfor
endfunction

## Mean and variance, which tell parameters from each other, within 6 standard errors and 5 %.
function values (row)
  for type = {"double", "single"}
    x = draw (row, 1e5, row.given{:}, "seed", 1, "type", type{1});
    if (strcmp (row.name, "cauchy"))
      x = atan ((x - 3) / 2); # uniform
    endif
    x = double (x(:));
    assert (mean (x), row.mean, 6 * sqrt (row.variance / numel (x)));
    if (numel (x) == 1e5)
      assert (var (x), row.variance, 0.05 * row.variance);
    endif
  endfor
endfunction

## The same bits on any number of threads.
function threads (row)
  many = struct ("permutation", {{400000}}, "sample", {{400000, 300000}}, "unit_vectors", {{4000, 100}});
  given = row.given;
  if (isfield (many, row.name))
    given = many.(row.name);
  endif
  one = draw (row, 4e5, given{:}, "seed", 1, "max_threads", 1);
  same (draw (row, 4e5, given{:}, "seed", 1, "max_threads", 2), one);
  before = dgen_threads ();
  unwind_protect
    dgen_threads (3);
    same (draw (row, 4e5, given{:}, "seed", 1), one);
  unwind_protect_cleanup
    dgen_threads (before);
  end_unwind_protect
endfunction

function shapes (row)
  for type = {"double", "single"}
    options = {row.given{:}, "seed", 1, "type", type{1}};
    column = draw (row, 120, options{:});
    assert (size (column), [120 1]);
    for dims = {120, [120 1], [1 120], [10 12], [2 5 12], [2 3 4 5], [4 30 1 1], uint8([12 10]), int64([60; 2]), ...
                single(120), 120:-119:1}
      shape = double ([dims{1}(:)', 1])(1:max (numel (dims{1}), 2));
      x = draw (row, dims{1}, options{:});
      assert (size (x), size (zeros (shape)));
      same (x(:), column);
    endfor
    for dims = {0, [0 3], [3 0], [2 0 4]}
      shape = [dims{1}, 1](1:max (numel (dims{1}), 2));
      assert (size (draw (row, dims{1}, options{:})), shape);
    endfor
  endfor
endfunction

## A value is the same alone, among others, and from a sampler.
function pieces (row)
  for type = {"double", "single"}
    options = {row.given{:}, "seed", 5, "stream", 3, "type", type{1}};
    x = draw (row, 10000, options{:});
    for first = [0, 1, 63, 64, 65, 4095, 9999]
      same (draw (row, 10000 - first, options{:}, "offset", first), x(first+1:end));
      same (draw (row, 1, options{:}, "offset", first), x(first+1));
    endfor
    g = dgen_sampler (row.name, options{:});
    y = arrayfun (@(n) g.next (n), [1, 0, 1, 62, 64, 65, 2048, 1, 6000, 1758], "uniformoutput", false);
    same (vertcat (y{:}), x);
    g.seek (100);
    same (g.next (7), x(101:107));
  endfor
endfunction

## Numbers, arrays and numbers that recur give the same; so does every class.
function parameters (row)
  if (strcmp (row.distribution.kind, "index"))
    x = draw (row, 1000, row.given{:}, "seed", 1);
    for type = {"single", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"}
      same (draw (row, 1000, cast (row.given{1}, type{1}), "seed", 1), x);
      same (draw (row, 1000, cast (row.given{1}(:), type{1}), "seed", 1), x);
    endfor
    return;
  endif
  for type = {"double", "single"}
    options = {"seed", 9, "type", type{1}};
    a = draw (row, 1000, row.given{:}, options{:});
    b = draw (row, 1000, row.other{:}, options{:});
    both = cellfun (@(x, y) [x, y], row.given, row.other, "uniformoutput", false);
    for form = {@(x) x, @(x) x', @single, @(x) repmat (x, 1, 500), @(x) repmat (x', 700, 1)}
      x = draw (row, 1000, cellfun (form{1}, both, "uniformoutput", false){:}, options{:});
      same (x(1:2:end), a(1:2:end));
      same (x(2:2:end), b(2:2:end));
    endfor
    x = draw (row, 500, both{:}, options{:}, "offset", 501);
    same (x(1:2:end), b(502:2:1000));
    if (numel (both) == 2) # of different lengths
      three = [both{2}, both{2}(1)];
      x = draw (row, 999, row.given{1}, three, options{:});
      same (x(3:3:end), a(3:3:999));
      x = draw (row, 1000, both{1}, [three, both{2}(1)](1:4), options{:});
      same (x(1:4:end), a(1:4:end));
      same (x(2:4:end), b(2:4:end));
    endif
    for i = 1:numel (row.given)
      list = row.given;
      for other = {"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "single"}
        list{i} = cast (row.given{i}, other{1});
        if (list{i} == row.given{i})
          same (draw (row, 1000, list{:}, options{:}), a);
          list{i} = [list{i}, list{i}];
          same (draw (row, 1000, list{:}, options{:}), a);
        endif
      endfor
    endfor
  endfor
endfunction

## ----------------------------------------------------------------------------------------------- arguments of any form

function names ()
  x = dgen_normal (100, 2, 3, "seed", 1);
  same (dgen_normal (100, "mean", 2, "sd", 3, "seed", 1), x);
  same (dgen_normal (100, "seed", 1, "sd", 3, "mean", 2), x);
  same (dgen_normal (100, 2, "sd", 3, "seed", 1), x);
  same (dgen_normal (100, 2, "seed", 1, "sd", 3), x);
  same (dgen_normal (100, "seed", 1), dgen_normal (100, 0, 1, "seed", 1));
  same (dgen_uniform (100, "max", 5, "seed", 1), dgen_uniform (100, 0, 5, "seed", 1));
  same (dgen_gamma (100, "shape", 2, "seed", 1), dgen_gamma (100, 2, 1, "seed", 1));
  same (dgen_sample ("k", 5, "n", 10, "seed", 1), dgen_sample (10, 5, "seed", 1));
  same (dgen_permutation ("n", 10, "seed", 1), dgen_permutation (10, "seed", 1));
  same (dgen_unit_vectors (3, "dim", 4, "seed", 1), dgen_unit_vectors (3, 4, "seed", 1));
  same (dgen_bernoulli (100, true, "type", "uint8"), ones (100, 1, "uint8"));
  same (dgen_normal (3, 1:3, 0), [1; 2; 3]);
  same (dgen_normal ([3 1], eye (3)(:, 2), 0), [0; 1; 0]);
  f = @dgen_normal;
  same (f (100, 2, 3, "seed", 1), x);
  same (arrayfun (@(k) dgen_normal (1, 2, 3, "seed", 1, "offset", k), [0; 1]), x(1:2));
endfunction

function seeds ()
  x = dgen_uniform (100, "seed", intmax ("uint64"), "stream", intmax ("uint64"));
  same (dgen_uniform (100, "seed", "0xFFFFFFFFFFFFFFFF", "stream", "0xffffffffffffffff"), x);
  same (dgen_uniform (100, "seed", "18446744073709551615", "stream", intmax ("uint64")), x);
  same (dgen_uniform (100, "seed", 7), dgen_uniform (100, "seed", int8 (7), "stream", 0));
  others = {dgen_uniform(100, "seed", intmax ("uint64")), dgen_uniform(100, "seed", 0), dgen_uniform(100), ...
            dgen_uniform(100), dgen_uniform(100, "seed", 0, "stream", 1), dgen_uniform(100, "seed", 1)};
  all = [x, others{:}];
  assert (numel (unique (all(:))), numel (all));
  assert (any (dgen_normal (100, "seed", 1) != dgen_normal (100, "seed", 2)));
endfunction

function wide_integers ()
  edge = int64 (2)^53;
  low = edge + 1;
  for type = {@int64, @uint64}
    x = dgen_integers (1000, type{1} (low), type{1} (low + 2), "seed", 1);
    assert (class (x), "int64");
    assert (unique (x), low + int64 ([0; 1; 2]));
    same (dgen_integers (1000, type{1} ([low, low]), type{1} (low + 2), "seed", 1), x);
    same (dgen_integers (10, type{1} (low), type{1} (low)), repmat (low, 10, 1));
  endfor
  same (dgen_integers (4, intmin ("int64"), intmin ("int64")), repmat (intmin ("int64"), 4, 1));
  same (dgen_integers (4, intmax ("int64") * int64 ([1 1]), intmax ("int64")), repmat (intmax ("int64"), 4, 1));
  same (dgen_integers (4, uint64 (9), uint64 (2)^63 - 1 - uint64 ([0 0]), "seed", 3), ...
        dgen_integers (4, 9, intmax ("int64"), "seed", 3));
  x = dgen_integers (1000, intmin ("int64"), intmax ("int64"), "seed", 1);
  assert (any (x < 0) && any (x > 0) && any (mod (x, 2) == 1) && numel (unique (x)) == 1000);
  assert (class (dgen_integers (3, 0, 2^31 - 1)), "int32");
  assert (class (dgen_integers (3, 0, 2^31)), "int64");
  assert (class (dgen_integers (3, -2^31 - 1, 0)), "int64");
endfunction

function orders ()
  for type = {"int32", "int64", "double", "single"}
    for n = [0, 1, 2, 3, 100, 65536, 300001]
      x = dgen_permutation (n, "seed", 1, "type", type{1});
      assert (columns (x), 1);
      same (sort (x), cast ((1:n)', type{1}));
    endfor
    x = dgen_sample (300001, 1000, "seed", 1, "type", type{1});
    assert ([rows(x), numel(unique (x)), min(x) >= 1, max(x) <= 300001], [1000 1000 1 1]);
  endfor
  same (sort (dgen_sample (50, 50, "type", "double")), (1:50)');
  same (sort (dgen_permutation (255, "type", "uint8")), uint8 (1:255)');
  x = dgen_permutation (1000, "seed", 1);
  assert (any (x != (1:1000)') && any (x != dgen_permutation (1000, "seed", 2)));
  assert (size (dgen_sample (5, 0)), [0 1]);
  x = dgen_sample (2^40, 10, "seed", 1); # wide positions
  assert ({class(x), numel(unique (x)), max(x) > 2^32}, {"int64", 10, true});
endfunction

function categories ()
  x = dgen_categorical (10000, [0 3 0 1], "seed", 1);
  assert (unique (x), int32 ([2; 4]));
  assert (mean (x == 2), 0.75, 0.03);
  same (dgen_categorical (10, 5), ones (10, 1, "int32"));
  x = dgen_categorical (1000, [zeros(1, 299), 1]);
  same (x, repmat (int32 (300), 1000, 1));
  same (dgen_categorical (1000, [1; 2; 3], "seed", 2), dgen_categorical (1000, [1 2 3], "seed", 2));
  assert (class (dgen_categorical (3, ones (1, 255), "type", "uint8")), "uint8");
endfunction

function rows_of_one ()
  for type = {"single", "double"}
    x = dgen_unit_vectors (1000, 17, "seed", 1, "type", type{1});
    assert ({class(x), size(x)}, {type{1}, [1000 17]});
    assert (sqrt (sum (double (x) .^ 2, 2)), ones (1000, 1), 4 * double (eps (type{1})));
    same (dgen_unit_vectors (200, 17, "seed", 1, "type", type{1}, "offset", 800 * 17), x(801:end, :));
    assert (abs (dgen_unit_vectors (5, 1, "type", type{1})), ones (5, 1, type{1}));
  endfor
  assert (size (dgen_unit_vectors (0, 3)), [0 3]);
endfunction

function resolution ()
  for type = {"double", "single"}
    bits = struct ("double", 53, "single", 24).(type{1});
    coarse = dgen_uniform (1e5, "seed", 1, "type", type{1});
    fine = dgen_uniform (1e5, "seed", 1, "type", type{1}, "resolution", "full");
    same (dgen_uniform (1e5, "seed", 1, "type", type{1}, "resolution", "standard"), coarse);
    assert (all (coarse >= 0 & coarse < 1) && all (fine >= 0 & fine < 1));
    multiple = @(x) double (x) * 2 ^ bits == fix (double (x) * 2 ^ bits);
    assert (all (multiple (coarse)) && ! all (multiple (fine)));
    assert (mean (double (fine)), 0.5, 0.005);
  endfor
endfunction

## Octave's own values, bit for bit, of any seed, shape and piece.
function engine ()
  state = rand ("twister");
  unwind_protect
    for seed = [0, 1, 42, 1e6, 2^31, 2^32 - 1]
      rand ("twister", seed);
      x = rand (3000, 1);
      same (dgen_uniform (3000, "seed", seed, "engine", "octave"), x);
      same (dgen_uniform ([30 100], "seed", seed, "engine", "octave"), reshape (x, 30, 100));
      same (dgen_uniform (1000, "seed", seed, "engine", "octave", "offset", 2000), x(2001:end));
      g = dgen_sampler ("uniform", "seed", seed, "engine", "octave");
      same ([g.next(1); g.next(1999); g.next(1000)], x);
      same (dgen_uniform (3000, 2, 10, "seed", seed, "engine", "octave"), 2 + 8 * x);
    endfor
  unwind_protect_cleanup
    rand ("twister", state);
  end_unwind_protect
  same (dgen_uniform (100, "seed", 1, "engine", "dgen"), dgen_uniform (100, "seed", 1));
endfunction

function inputs_stay ()
  mean = sin (1:1e5)';
  alias = mean;
  before = hash ("md5", char (typecast (mean, "uint8")'));
  x = dgen_normal (1e5, mean, 1, "seed", 1);
  x(1) = 7;
  g = dgen_sampler ("normal", mean, 0);
  mean(1) = 5;
  assert (g.next (2), alias(1:2));
  assert (hash ("md5", char (typecast (alias, "uint8")')), before);
endfunction

## ------------------------------------------------------------------------------------------------------------- errors

## Runs random_errors.tsv; the calls that fail. A text in a parameter's place would be a name here: it and what follows
## are given by name. A number is an array of one, so the line of weights that are a number is not for Octave.
function calls = listed_errors (here)
  not_here = {"categorical\t3 5"};
  lines = strsplit (fileread (fullfile (here, "random_errors.tsv")), "\n");
  lines = lines(! cellfun (@(line) isempty (line) || line(1) == "#", lines));
  list = dgen_distributions ();
  calls = {};
  left_out = 0;
  for line = lines
    fields = strsplit (line{1}, "\t");
    if (any (strcmp ([fields{1} "\t" fields{2}], not_here)))
      left_out++;
      continue;
    endif
    row = list(strcmp ({list.name}, fields{1}));
    given = line_arguments (row, fields{2});
    calls{end+1} = @() feval (["dgen_" fields{1}], given{:});
    that (["random_errors.tsv: " line{1}], @() assert (raised (calls{end}), fields{3}));
  endfor
  that ("random_errors.tsv is for Octave", @() assert (left_out <= numel (not_here) && numel (calls) > 60));
endfunction

function list = line_arguments (row, text)
  list = {};
  names = row.parameters;
  if (! ismember (row.kind, {"order", "rows"}))
    names = [{"n"}, names];
  endif
  named = false;
  for word = strsplit (text, " ")
    if (isempty (word{1}))
      continue;
    endif
    value = operand (word{1});
    if (numel (value) == 1) # not an option
      named = named || (ischar (value{1}) && ! strcmp (names{1}, "n"));
      if (named)
        value = [names(1), value];
      endif
      names(1) = [];
    endif
    list = [list, value];
  endfor
endfunction

function own_errors ()
  whole = "n must be a whole number from 0 to 9007199254740992, not %s";
  options = " an option of normal; the options are mean, sd, type, seed, stream, offset, max_threads";
  wide = "max must be a whole number from -2^63 to 2^63 - 1";
  errors = {@() dgen_normal (), sprintf(whole, "a value of another type")
            @() dgen_normal ({1}), sprintf(whole, "a value of another type")
            @() dgen_normal (1i), sprintf(whole, "a value of another type")
            @() dgen_normal (true), sprintf(whole, "true")
            @() dgen_normal ("mean", 1), sprintf(whole, "\"mean\"")
            @() dgen_normal ([2, -1]), sprintf(whole, "-1")
            @() dgen_normal ([2, 0.5]), sprintf(whole, "0.5")
            @() dgen_normal ([2, NaN]), sprintf(whole, "NaN")
            @() dgen_normal ([]), "n must be 1 to 4 dimensions, not 0"
            @() dgen_normal ([1 2; 3 4]), "n must be a number or a list of dimensions"
            @() dgen_normal ({1, 2}), "n must be a number or a list of dimensions"
            @() dgen_normal (sparse ([1 2])), "n must be a number or a list of dimensions"
            @() dgen_normal ([1i, 2]), "n must be a number or a list of dimensions"
            @() dgen_normal ([2^40, 2^40]), "n must be at most 2^53 values"
            @() dgen_normal ([2^40, 2^40, 2^40, 2^40]), "n must be at most 2^53 values"
            @() dgen_normal (2^52), "size: there is no memory for 36028797018963968 bytes"
            @() dgen_normal (3, {1}), "mean must be a number or an array"
            @() dgen_normal (3, struct ()), "mean must be a number or an array"
            @() dgen_normal (3, @sin), "mean must be a number or an array"
            @() dgen_normal (3, 0, "sd", "1"), "sd must be a number or an array"
            @() dgen_normal (3, 1i), "mean must be a real, full array"
            @() dgen_normal (3, [1i, 2]), "mean must be a real, full array"
            @() dgen_normal (3, sparse ([1 2])), "mean must be a real, full array"
            @() dgen_normal (3, []), "mean must have at least one element"
            @() dgen_normal (3, 0, "mean", 1), "mean must be given once"
            @() dgen_normal (3, "sd", 1, "sd", 1), "sd must be given once"
            @() dgen_normal (3, 0, 1, 2), "options must be pairs of a name and a value"
            @() dgen_normal (3, "seed"), "options must be pairs of a name and a value"
            @() dgen_normal (3, "seed", 1, 2, 3), "options must be pairs of a name and a value"
            @() dgen_normal (3, "n", 5), ["\"n\" is not" options]
            @() dgen_normal (3, "out", 5), ["\"out\" is not" options]
            @() dgen_normal (3, "type", "int8"), "type must be f64 or f32 for normal, not i8"
            @() dgen_poisson (3, 1, "type", "uint16"), "type must be i32, i64, u8, f64 or f32 for poisson, not u16"
            @() dgen_integers (3, 0, 300, "type", "uint8"), ...
              "max makes values from 0 to 300; type u8 holds whole numbers from 0 to 255"
            @() dgen_integers (3, 0, intmax ("uint64")), [wide ", not 1.84467440737096e+19"]
            @() dgen_integers (3, 0, uint64 (2)^63 * [0 1]), [wide "; element 2 is 9.22337203685478e+18"]
            @() dgen_integers (3, intmax ("int64"), intmax ("int64") - 1), ...
              "min must be at most max, not 9.22337203685478e+18 against 9.22337203685478e+18"
            @() dgen_categorical (3, {1}), "weights must be an array of finite numbers from 0 up, not all 0"
            @() dgen_categorical (3, []), "weights must have at least one element"
            @() dgen_categorical (3, 0), "weights must be an array of finite numbers from 0 up, not all 0"
            @() dgen_permutation (), "n must be a whole number from 0 to 2^53, not NaN"
            @() dgen_sample (3, [1 2]), "k must be a number"
            @() dgen_uniform (3, "engine", 1), "engine must be \"dgen\", \"r\", \"octave\" or \"lua\", not 1"};
  for row = errors'
    that (["error: " row{2}], @() assert (raised (row{1}), row{2}));
  endfor
  that ("the kind of an error", @kinds);
endfunction

function kinds ()
  calls = {@() dgen_normal (3, "a", 1), "dgen:invalid-argument"; @() dgen_normal (3, {1}), "dgen:wrong-type"
           @() dgen_normal (3, 0, -1), "dgen:invalid-argument"; @() dgen_normal (2^52), "dgen:out-of-memory"
           @() dgen_normal ("a"), "dgen:wrong-type"};
  for call = calls'
    raised (call{1});
    [~, identifier] = lasterr ();
    assert (identifier, call{2});
  endfor
endfunction

function nothing_left (calls)
  big = zeros (300, 300);
  big(end) = NaN;
  g = dgen_sampler ("normal", "offset", 2^53);
  h = dgen_sampler ("normal");
  h.close ();
  calls(end+(1:8)) = {@() dgen_normal (), @() dgen_normal (1e5, 0, -1), @() dgen_poisson (1e5, big), ...
                      @() dgen_sampler ("normal", big), @() g.next (1e5), @() h.next (1), @() g.seek (-1), ...
                      @() dgen_categorical (1e5, -big)};
  for round = 1:12000
    if (round == 2000)
      before = status_bytes ("VmRSS");
    endif
    assert (! isempty (raised (calls{1+mod(round, end)})));
  endfor
  grown = status_bytes ("VmRSS") - before;
  assert (grown < 2^20, "memory grew by %d bytes", grown);
endfunction

function samplers_let_go ()
  weights = 1:1000;
  for round = 1:3000
    if (round == 1000)
      before = status_bytes ("VmRSS");
    endif
    g = dgen_sampler ("categorical", weights);
    h = {g, dgen_sampler("normal", weights, weights)};
    h{2}.next (10);
    h{2}.close ();
  endfor
  grown = status_bytes ("VmRSS") - before;
  assert (grown < 2^20, "memory grew by %d bytes", grown);
endfunction
