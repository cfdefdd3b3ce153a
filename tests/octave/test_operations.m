## The operations: the whole registry against Octave's own functions (oracles.m), then dimensions, classes, NaN, options,
## threads, and what bad input raises (tests/op_errors.tsv).

function test_operations (here)
  wanted = oracles ();
  list = dgen_operations ();
  that ("the oracles are those of the registry", @() assert (sort ({list.name})', sort (fieldnames (wanted))));
  for operation = list'
    name = operation.name;
    if (strcmp (operation.kind, "elementwise"))
      that (["values of " name], @() elementwise (operation, wanted.(name)));
    else
      that (["values of " name], @() of_the_whole (operation, wanted.(name)));
    endif
    that (["dimensions of " name], @() dimensions (operation));
    that (["classes of " name], @() classes (operation));
    that (["NaN in " name], @() not_a_number (operation));
    that (["threads of " name], @() threads (operation));
  endfor
  that ("arguments that may be left out", @defaults);
  that ("1x1 is a number beside an array", @numbers);
  that ("reductions of nothing, of ties, and of very much", @reductions);
  that ("values of any form are read", @forms);
  that ("integers that a double cannot hold are errors", @wide_integers);
  that ("what operations are given stays as it is", @inputs_stay);
  calls = listed_errors (here);
  that ("errors that only Octave can make", @own_errors);
  that ("10,000 failing calls of operations leave nothing behind", @() nothing_left (calls));
endfunction

## ------------------------------------------------------------------------------------------------------------- values

function result = call (operation, varargin)
  result = feval (["dgen_" operation.name], varargin{:});
endfunction

## x, y and z, as many as the operation takes, and its numbers.
function list = arguments (operation, varargin)
  n = sum (ismember (operation.arguments, {"x", "y", "z", "t"}));
  numbers = num2cell (operation.defaults(n+1:end));
  others = {{2.5}, {-1, 1}}{max (numel (numbers), 1)};
  numbers(isnan ([numbers{:}])) = others(isnan ([numbers{:}]));
  list = [varargin(1:n), numbers];
endfunction

## Values about 1, of every magnitude, and special ones, each beside each.
function [x, y, z] = points (type)
  rand ("twister", 42);
  randn ("twister", 42);
  special = [0, -0, Inf, -Inf, realmax(type), realmin(type), -realmin(type)/8, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, ...
             1e6 + 0.5, 2^22 + 0.5, 88, -88, 104, -104, 710, -746, 3, -3];
  [a, b] = meshgrid (cast (special, type));
  spread = @() sign (randn (3000, 1)) .* 2 .^ (60 * rand (3000, 1) - 30);
  x = [a(:); cast([2 * randn(3000, 1); spread()], type)];
  y = [b(:); cast([3 * randn(3000, 1); spread()], type)];
  z = [flipud(a(:)); cast([randn(3000, 1); spread()], type)];
endfunction

## Fails where x is off by more than some ULP, of which there are as many as `wanted` is exact to.
function within (x, wanted, ulps, argument)
  rounded = cast (wanted, class (x));
  off = abs (double (x) - wanted) > ulps * double (eps (rounded));
  off |= (isinf (rounded) | isinf (x)) & x != rounded;
  off |= isnan (x) != isnan (wanted);
  at = find (off, 1);
  if (! isempty (at))
    error ("at %.17g: %.17g, not %.17g, %g ULP off; %d such", argument(at), x(at), wanted(at), ...
           abs (double (x(at)) - wanted(at)) / double (eps (rounded(at))), sum (off));
  endif
endfunction

function elementwise (operation, oracle)
  for type = {"single", "double"}
    [x, y, z] = points (type{1});
    list = arguments (operation, x, y, z);
    got = call (operation, list{:});
    assert ({class(got), size(got)}, {type{1}, size(x)});
    bound = struct ("single", operation.error_f32, "double", operation.error_f64).(type{1});
    if (bound <= 0.5) # rounded step by step, as Octave does
      wanted = oracle (list{:});
      within (got, wanted, 0, x);
      assert (1 ./ got(got == 0), 1 ./ wanted(got == 0)); # the zero's sign
    else
      wanted = oracle (cellfun (@double, list, "uniformoutput", false){:});
      if (strcmp (type{1}, "double")) # the oracle's own errors; where it rounds an exponent, they grow with it
        bound += 4;
        wanted(ismember (operation.name, {"gelu", "gelu_tanh"}) & x < -1) = NaN;
        got(isnan (wanted) & ! isnan (got)) = NaN;
      endif
      within (got, wanted, bound, x);
    endif
  endfor
endfunction

## The oracle's sums are exact: of whole numbers over 16.
function of_the_whole (operation, oracle)
  k = (0:4999)';
  x = (mod (k * 37, 1000) - 500) / 16;
  y = (mod (k * 61, 997) - 300) / 16;
  for type = {"single", "double"}
    [unit, bound] = deal (2^-53, operation.error_f64);
    if (strcmp (type{1}, "single"))
      [unit, bound] = deal (2^-24, operation.error_f32);
    endif
    for n = [2, 3, 5, 63, 64, 65, 1000, 5000]
      list = {x(1:n), y(1:n)}(1:numel (operation.arguments));
      got = call (operation, cellfun (@(x) cast (x, type{1}), list, "uniformoutput", false){:});
      wanted = oracle (list{:});
      if (strcmp (operation.kind, "normalization"))
        assert (class (got), type{1});
        assert (double (got), wanted, 8 * unit * max (abs (wanted)));
      elseif (bound == 0)
        assert (got, wanted);
      else
        terms = max (abs ([wanted, oracle(cellfun (@abs, list, "uniformoutput", false){:})]));
        assert (got, wanted, bound * unit * terms + 8 * 2^-53 * abs (wanted));
      endif
    endfor
  endfor
endfunction

## ---------------------------------------------------------------------------------------------- shapes, classes, NaN

function dimensions (operation)
  for dims = {[1 1], [7 1], [1 7], [3 4], [2 3 4], [2 3 4 5], [2 3 2 2 3], [1 1 1 1 1 6], [100 70 13], [0 0], [0 3], ...
              [2 0 3]}
    n = prod (dims{1});
    x = reshape (mod ((1:n) * 37, 101) / 8, dims{1});
    y = reshape (mod ((1:n) * 61, 103) / 8, dims{1});
    list = arguments (operation, x, y, x);
    if (strcmp (operation.kind, "reduction"))
      if (n > 1)
        columns = cellfun (@(x) x(:), list, "uniformoutput", false);
        assert (call (operation, list{:}), call (operation, columns{:}));
      endif
    elseif (n > 1 || strcmp (operation.kind, "elementwise"))
      got = call (operation, list{:});
      assert (size (got), dims{1});
      for i = 1:numel (list)
        list{i} = list{i}(:);
      endfor
      same_or_nan (got(:), call (operation, list{:})(:));
    endif
  endfor
endfunction

function classes (operation)
  values = [3 1 4; 1 5 9];
  other = [2 7 1; 8 2 8];
  reduces = strcmp (operation.kind, "reduction");
  plain = call (operation, arguments (operation, values, other, values){:});
  for type = {"int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"}
    same (call (operation, arguments (operation, cast (values, type{1}), cast (other, type{1}), values){:}), plain);
  endfor
  same (call (operation, arguments (operation, values > 2, other > 2, values > 1){:}), ...
        call (operation, arguments (operation, double (values > 2), double (other > 2), double (values > 1)){:}));
  s = call (operation, arguments (operation, single (values), single (other), single (values)){:});
  assert (class (s), {"single", "double"}{1 + reduces});
  mixed = arguments (operation, single (values), other, int16 (values));
  if (columns (mixed) > 1 && ! isscalar (mixed{2}))
    same (call (operation, mixed{:}), plain);
  endif
endfunction

function not_a_number (operation)
  x = (1:10)' / 16;
  y = flipud (x) + 1;
  holes = [4, 7];
  rest = setdiff (1:10, holes);
  holed = x;
  holed(holes) = NaN;
  for type = {@single, @double}
    [x, y, holed] = deal (type{1} (x), type{1} (y), type{1} (holed));
    list = arguments (operation, holed, y, y);
    clean = call (operation, arguments (operation, x, y, y){:});
    left = call (operation, arguments (operation, x(rest), y(rest), y(rest)){:});
    got = call (operation, list{:});
    switch (operation.kind)
      case "elementwise"
        assert (isnan (got), isnan (holed));
        same (got(rest), clean(rest));
        if (ismember (operation.name, {"minimum", "maximum"}))
          got = call (operation, list{:}, "nan", "ignore");
          same (got(rest), clean(rest));
          same (got(holes), y(holes));
          same (call (operation, y, holed, "nan", "ignore"), got);
        endif
      case "normalization"
        assert (all (isnan (got)));
        got = call (operation, list{:}, "nan", "ignore");
        assert (isnan (got), isnan (holed));
        assert (got(rest), left, 4 * eps (type{1} (1)));
      case "reduction"
        ignored = call (operation, list{:}, "nan", "ignore");
        if (strncmp (operation.name, "arg", 3))
          assert ([got, ignored], [holes(1), rest(left)]);
        else
          assert (got, NaN);
          assert (ignored, left, 4 * eps (type{1} (left)));
        endif
        assert (call (operation, list{:}, "nan", "propagate"), got);
    endswitch
  endfor
endfunction

## The same bits on any number of threads, and from a piece as from the whole.
function threads (operation)
  persistent x = single (sin (1:1.5e6)') y = single (cos (1:1.5e6)');
  list = arguments (operation, x, y, x);
  one = call (operation, list{:}, "max_threads", 1);
  same_or_nan (call (operation, list{:}, "max_threads", 2), one);
  before = dgen_threads ();
  unwind_protect
    dgen_threads (3);
    same_or_nan (call (operation, list{:}), one);
  unwind_protect_cleanup
    dgen_threads (before);
  end_unwind_protect
  if (strcmp (operation.kind, "elementwise"))
    for i = find (! cellfun (@isscalar, list))
      list{i} = list{i}(70001:71001);
    endfor
    same_or_nan (call (operation, list{:}), one(70001:71001));
  endif
endfunction

function same_or_nan (x, y)
  same (isnan (x), isnan (y));
  same (x(! isnan (x)), y(! isnan (y)));
endfunction

## ------------------------------------------------------------------------------------------------ arguments of any form

function defaults ()
  x = [-2 -1 0 1];
  assert (dgen_leaky_relu (x), dgen_leaky_relu (x, 0.01));
  assert (dgen_leaky_relu (x, "max_threads", 1), dgen_leaky_relu (x));
  assert (dgen_leaky_relu (x, 0.5, "max_threads", 1), [-1 -0.5 0 1]);
  assert (dgen_elu (x), dgen_elu (x, 1));
  assert (dgen_elu (x, 2)(1:2), 2 * dgen_elu (x)(1:2));
endfunction

function numbers ()
  x = [1 2; 3 4];
  assert (dgen_add (x, 10), x + 10);
  assert (dgen_sub (10, x), 10 - x);
  assert (dgen_fma (2, x, 1), 2 * x + 1);
  assert (dgen_fma (x, 2, x), 2 * x + x);
  assert (dgen_lerp (0, 1, x), x);
  for number = {5, single(5), int8(5), uint64(5), true * 5, 2:2:4}
    if (isscalar (number{1}))
      same (dgen_add (single (x), number{1}), single (x) + 5);
    endif
  endfor
  same (dgen_mul (single (3), 0.1), 3 * 0.1); # each an array of one: single does not count beside double
  same (dgen_mul (single ([3 3]), 0.1), single ([3 3]) * 0.1);
  same (dgen_add (x, true), x + 1);
  same (dgen_exp (2), exp (2));
  same (dgen_neg (single (2)), single (-2));
  same (dgen_add (1, 2), 3);
  assert (dgen_dot (3, 4), 12);
  assert (dgen_argmax (7), 1);
  assert (dgen_add ([], 1), []);
  assert (size (dgen_add (zeros (0, 3), 1)), [0 3]);
endfunction

function reductions ()
  assert ([dgen_sum([]), dgen_dot(zeros (0, 1), zeros (0, 1)), dgen_sumsq(single ([])), dgen_norm_l1([])], [0 0 0 0]);
  assert ([dgen_argmin([3 1 2 1]), dgen_argmax([3 1 2 3])], [2 1]);
  assert ([dgen_argmin([0 -0]), dgen_argmax([-0 0])], [nthargout(2, @min, [0 -0]), nthargout(2, @max, [-0 0])]);
  assert (dgen_argmax ([1 NaN 5 NaN]), 2);
  assert (dgen_argmax ([1 NaN 5 NaN], "nan", "ignore"), 3);
  tenth = repmat (single (0.1), 1e7, 1);
  assert (abs (dgen_sum (tenth) - 1e7 * double (single (0.1))) <= eps (single (1e6)));
  assert (dgen_norm_l2 ([3e200, 4e200]), 5e200, eps (5e200));
  assert (dgen_logsumexp ([1000, 1000]), 1000 + log (2), 4 * eps (1000));
endfunction

function forms ()
  same (dgen_neg (1:5), [-1 -2 -3 -4 -5]);
  same (dgen_neg (0:-1), zeros (1, 0));
  same (dgen_add (1:3, (3:-1:1)), [4 4 4]);
  same (dgen_neg (eye (3)), -[1 0 0; 0 1 0; 0 0 1]);
  same (dgen_neg (eye (3)([2 1 3], :)), -[0 1 0; 1 0 0; 0 0 1]);
  same (dgen_neg (find ([0 1 1])), [-2 -3]);
  x = reshape (1:24, 2, 3, 4);
  same (dgen_neg (x(:, :, 2)), -x(:, :, 2));
  same (dgen_neg (x(1, 1:2:end, 3)), -x(1, 1:2:end, 3));
  y = x(:);
  same (dgen_neg (y(5:9)), -(5:9)'); # shares the memory of y
  same (dgen_neg (y(:)'), -(1:24));
  c = {single([1 2])};
  s.a.b = [1 2];
  same (dgen_add (c{1}, single (1)), single ([2 3]));
  same (dgen_add (s.a.b, s.a.b), [2 4]);
  same (dgen_exp (dgen_log (dgen_square ([2 4]))) > [3.9 15.9], [true true]);
  f = @dgen_neg;
  same (f ([1 2]), [-1 -2]);
  same (cellfun (@dgen_sum, {[1 2], [3 4]}), [3 7]);
endfunction

function wide_integers ()
  edge = 2^53;
  assert (dgen_neg (int64 (edge)), -edge);
  assert (dgen_neg (uint64 ([1, edge])), [-1, -edge]);
  message = "%s must lie from -2^53 to 2^53 to become f64; element %d is %s";
  assert (raised (@() dgen_neg ([int64(1), int64(edge) + 1])), sprintf (message, "x", 2, "9007199254740993"));
  assert (raised (@() dgen_neg (intmin ("int64"))), sprintf (message, "x", 1, "-9223372036854775808"));
  assert (raised (@() dgen_neg (intmax ("uint64") - uint64 ([5, 0]))), sprintf (message, "x", 1, "18446744073709551610"));
  assert (raised (@() dgen_add ([1 2], intmax ("int64"))), sprintf (message, "y", 1, "9223372036854775807"));
  assert (raised (@() dgen_add (intmax ("uint64"), [1 2])), sprintf (message, "x", 1, "18446744073709551615"));
  assert (raised (@() dgen_scale ([1 2], intmin ("int64"))), sprintf (message, "factor", 1, "-9223372036854775808"));
  assert (raised (@() dgen_sum (uint64 (edge) + uint64 (1:3)')), sprintf (message, "x", 1, "9007199254740993"));
endfunction

function inputs_stay ()
  for n = [3, 1e6]
    x = single (sin (1:n)');
    y = single (cos (1:n)');
    [alias, other] = deal (x, y);
    before = {hash("md5", char (typecast (x, "uint8")')), hash("md5", char (typecast (y, "uint8")'))};
    for operation = dgen_operations ()'
      result = call (operation, arguments (operation, x, y, x){:});
      result(1) = 7;
      assert (x(1) == single (sin (1)));
    endfor
    assert ({hash("md5", char (typecast (alias, "uint8")')), hash("md5", char (typecast (other, "uint8")'))}, before);
  endfor
endfunction

## ------------------------------------------------------------------------------------------------------------- errors

## Runs op_errors.tsv; the calls that fail. Lines are not for Octave that need f16 or bf16, or an array of one element
## that is no number.
function calls = listed_errors (here)
  not_here = {"add\t1 2", "exp\t1", "fma\t[1,2] [1,2] [1]", "dot\t[1,2] [1]"};
  lines = strsplit (fileread (fullfile (here, "op_errors.tsv")), "\n");
  lines = lines(! cellfun (@(line) isempty (line) || line(1) == "#", lines));
  calls = {};
  left_out = 0;
  for line = lines
    fields = strsplit (line{1}, "\t");
    if (any (strcmp ([fields{1} "\t" fields{2}], not_here)) || ! isempty (regexp (fields{2}, '\<b?f16\[')))
      left_out++;
      continue;
    endif
    list = cellfun (@operand, strsplit (fields{2}, " "), "uniformoutput", false);
    calls{end+1} = @() feval (["dgen_" fields{1}], [list{:}]{:});
    that (["op_errors.tsv: " line{1}], @() assert (raised (calls{end}), fields{3}));
  endfor
  that ("op_errors.tsv is for Octave", @() assert (left_out <= numel (not_here) + 2 && numel (calls) > 25));
endfunction

function own_errors ()
  x = [1 2 3];
  errors = {@() dgen_exp (), "x must be an array"
            @() dgen_add (x), "y must be an array or a number"
            @() dgen_add (x, 'nan', 'ignore'), "y must be an array or a number"
            @() dgen_exp ({x}), "x must be an array"
            @() dgen_exp (struct ("x", x)), "x must be an array"
            @() dgen_exp (@sin), "x must be an array"
            @() dgen_exp ('abc'), "x must be an array"
            @() dgen_exp (x + 1i), "x must be a real, full array"
            @() dgen_exp (sparse (x)), "x must be a real, full array"
            @() dgen_exp (sparse (x > 1)), "x must be a real, full array"
            @() dgen_add (x, 1i), "y must be a real, full array"
            @() dgen_add (x, {1}), "y must be an array or a number"
            @() dgen_dot (x, {1}), "y must be an array"
            @() dgen_scale (x), "factor must be a number"
            @() dgen_scale (x, 1i), "factor must be a number"
            @() dgen_scale (x, []), "factor must be a number"
            @() dgen_leaky_relu (x, x), "slope must be a number"
            @() dgen_leaky_relu (x, "slope", 1), "\"slope\" is not an option of leaky_relu; the options are max_threads"
            @() dgen_exp (x, x), "options must be pairs of a name and a value"
            @() dgen_exp (x, "max_threads"), "options must be pairs of a name and a value"
            @() dgen_exp (x, "out", x), "\"out\" is not an option of exp; the options are max_threads"
            @() dgen_add (x, x'), "y must have the shape of x, [1, 3], not [3, 1]"
            @() dgen_add (x, [x; x]), "y must have the shape of x, [1, 3], not [2, 3]"
            @() dgen_add (x', [1; 2]), "y must have the shape of x, [3], not [2]"
            @() dgen_dot (zeros (2, 3, 4), zeros (2, 12)), "y must have the shape of x, [2, 3, 4], not [2, 12]"
            @() dgen_add (zeros (0, 3), zeros (3, 0)), "y must have the shape of x, [0, 3], not [3, 0]"
            @() dgen_fma (1, zeros (2, 1, 1, 1, 3), ones (6, 1)), "z must have the shape of y, [2, 1, 1, 1, 3], not [6, 1]"};
  for row = errors'
    that (row{2}, @() assert (raised (row{1}), row{2}));
  endfor
  try
    dgen_exp ("a");
  catch e
    assert (e.identifier, "dgen:wrong-type");
  end_try_catch
  try
    dgen_add ([1 2], [1 2 3]);
  catch e
    assert (e.identifier, "dgen:invalid-argument");
  end_try_catch
endfunction

function nothing_left (calls)
  big = zeros (300, 300);
  calls(end+(1:5)) = {@() dgen_exp (), @() dgen_add (big, big(:, 1:299)), @() dgen_exp (big, "max_threads", -1), ...
                      @() dgen_fma (1, zeros (2, 1, 1, 1, 3), ones (6, 1)), @() dgen_neg (intmax ("uint64"))};
  for round = 1:12000
    if (round == 2000)
      before = status_bytes ("VmRSS");
    endif
    assert (! isempty (raised (calls{1+mod(round, end)})));
  endfor
  grown = status_bytes ("VmRSS") - before;
  assert (grown < 2^20, "memory grew by %d bytes", grown);
endfunction
