% Vector operations in Octave: dgen on Octave's own single and double arrays, and Octave's own expressions. Lines and
% timing rule: measure.h; arguments: operations.lua. Octave's arrays are values: nothing is written in place.

source (fullfile (fileparts (mfilename ("fullpath")), "measure.m"));

function f = native (name)
  switch (name)
    case "add"     f = @(x, y) x + y;
    case "sub"     f = @(x, y) x - y;
    case "mul"     f = @(x, y) x .* y;
    case "div"     f = @(x, y) x ./ y;
    case "dot"     f = @(x, y) dot (x, y);
    case "sum"     f = @(x, y) sum (x);
    case "max"     f = @(x, y) max (x);
    case "min"     f = @(x, y) min (x);
    case "argmax"  f = @(x, y) nthargout (2, @max, x);
    case "argmin"  f = @(x, y) nthargout (2, @min, x);
    case "norm_l2" f = @(x, y) norm (x);
    case "norm_l1" f = @(x, y) norm (x, 1);
    case "relu"    f = @(x, y) max (x, 0);
    case "sigmoid" f = @(x, y) 1 ./ (1 + exp (-x));
    case "tanh"    f = @(x, y) tanh (x);
    case "exp"     f = @(x, y) exp (x);
    case "abs"     f = @(x, y) abs (x);
    case "scale"   f = @(x, y) x * 2.5;
    case "clamp"   f = @(x, y) min (max (x, -1), 1);
    case "square"  f = @(x, y) x .^ 2;
    otherwise      f = [];
  endswitch
endfunction

% Octave's own argmax, without the detour that an expression needs.
function act = native_act (name, x, y)
  f = native (name);
  switch (name)
    case "argmax" act = @() second_of_max (x);
    case "argmin" act = @() second_of_min (x);
    otherwise     act = @() f (x, y);
  endswitch
endfunction
function i = second_of_max (x)
  [~, i] = max (x);
endfunction
function i = second_of_min (x)
  [~, i] = min (x);
endfunction

% dgen's operation as a call without arguments, one function handle deep.
function act = our_act (name, x, y)
  g = str2func (["dgen_" name]);
  switch (name)
    case {"add", "sub", "mul", "div", "dot", "cosine"} act = @() g (x, y);
    case "scale" act = @() g (x, 2.5);
    case "clamp" act = @() g (x, -1, 1);
    otherwise    act = @() g (x);
  endswitch
endfunction

function x = input_of (folder, name, kind, n)
  class_of = struct ("f32", "single", "f64", "double");
  file = fopen (fullfile (folder, [name "." kind]), "r");
  values = fread (file, Inf, [class_of.(kind) "=>" class_of.(kind)]);
  fclose (file);
  x = values(mod (0:n-1, numel (values)) + 1)(:);
endfunction

function tell (role, name, kind, memory, n, act, runs)
  emit ("working", "Octave", sprintf ("%s %s %s, %d", name, kind, memory, n));
  emit ("op", role, "Octave", name, kind, memory, whole (n),
        times (act, runs, struct ("warm", {0.02, 0.2}{(n >= 1e6) + 1}, "batch", 0.005, "row", 0.5)));
endfunction

function write_result (folder, role, name, kind, result)
  file = fopen (fullfile (folder, sprintf ("%s Octave.%s.%s", role, kind, name)), "w");
  if (isscalar (result))
    result = double (result);
  endif
  fwrite (file, result, class (result));
  fclose (file);
endfunction

% "alloc" where the result is an array, "out" where it is a number.
function memory = memory_of (result)
  memory = {"alloc", "out"}{isscalar (result) + 1};
endfunction

arguments = argv ();
[mode, folder] = arguments{1:2};
runs = str2double (arguments{6});
for kind = strsplit (arguments{3}, ",")
  for n = str2double (strsplit (arguments{5}, ","))
    x = input_of (folder, "x", kind{1}, n);
    y = input_of (folder, "y", kind{1}, n);
    for name = strsplit (arguments{4}, ",")
      act = our_act (name{1}, x, y);
      own = native (name{1});
      if (strcmp (mode, "results"))
        write_result (folder, "dgen", name{1}, kind{1}, act ());
        if (! isempty (own))
          write_result (folder, "native", name{1}, kind{1}, own (x, y));
        endif
        continue
      endif
      memory = memory_of (act ());
      tell ("dgen", name{1}, kind{1}, memory, n, act, runs);
      if (! isempty (own))
        tell ("native", name{1}, kind{1}, memory, n, native_act (name{1}, x, y), runs);
      endif
    endfor
  endfor
endfor
