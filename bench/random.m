% Random values in Octave: dgen's functions and Octave's own. Lines and timing rule: measure.h; arguments: random.c.
% Octave's arrays are values: everything here makes a new one.

source (fullfile (fileparts (mfilename ("fullpath")), "measure.m"));

function act = our_act (name, n, type)
  switch (name)
    case "gamma"        act = @() dgen_gamma (n, 2, "type", type);
    case "gamma_half"   act = @() dgen_gamma (n, 0.5, "type", type);
    case "beta"         act = @() dgen_beta (n, 2, 3, "type", type);
    case "chisq"        act = @() dgen_chisq (n, 3, "type", type);
    case "t"            act = @() dgen_t (n, 5, "type", type);
    case "geometric"    act = @() dgen_geometric (n, 0.2, "type", type);
    case "poisson_5"    act = @() dgen_poisson (n, 5, "type", type);
    case "poisson_50"   act = @() dgen_poisson (n, 50, "type", type);
    case "poisson_5000" act = @() dgen_poisson (n, 5000, "type", type);
    case "binomial"     act = @() dgen_binomial (n, 100, 0.3, "type", type);
    case "bernoulli"    act = @() dgen_bernoulli (n, 0.3, "type", type);
    case "integers_256" act = @() dgen_integers (n, 0, 255, "type", type);
    case "integers_1e6" act = @() dgen_integers (n, 1, 1000003, "type", type);
    case "categorical"  act = @() dgen_categorical (n, 1:10, "type", type);
    case "permutation"  act = @() dgen_permutation (n, "type", type);
    case "sample"       act = @() dgen_sample (10 * n, n, "type", type);
    case "unit_vectors" act = @() dgen_unit_vectors (floor (n / 512), 512, "type", type);
    otherwise
      g = str2func (["dgen_" name]);
      act = @() g (n, "type", type);
  endswitch
endfunction

function x = own_unit_vectors (n, class_of)
  x = randn (floor (n / 512), 512, class_of);
  x = x ./ sqrt (sumsq (x, 2));
endfunction

% Octave's own way to the type, or [].
function act = native_act (name, n, type)
  act = [];
  switch (type)
    case "f64" c = "double";
    case "f32" c = "single";
    case "i32" c = "int32";
    case "u8"  c = "uint8";
  endswitch
  if (any (strcmp (type, {"f64", "f32"})))
    switch (name)
      case "uniform"      act = @() rand (n, 1, c);
      case "normal"       act = @() randn (n, 1, c);
      case "lognormal"    act = @() exp (randn (n, 1, c));
      case "exponential"  act = @() rande (n, 1, c);
      case "gamma"        act = @() randg (2, n, 1, c);
      case "gamma_half"   act = @() randg (0.5, n, 1, c);
      case "poisson_5"    act = @() randp (5, n, 1, c);
      case "poisson_50"   act = @() randp (50, n, 1, c);
      case "poisson_5000" act = @() randp (5000, n, 1, c);
      case "unit_vectors" act = @() own_unit_vectors (n, c);
    endswitch
  endif
  if (any (strcmp (type, {"f64", "i32", "u8"})))
    switch (name)
      case "integers_256" act = @() randi ([0, 255], n, 1, c);
      case "integers_1e6" act = @() randi ([1, 1000003], n, 1, c);
    endswitch
  endif
  if (strcmp (type, "f64") && strcmp (name, "permutation"))
    act = @() randperm (n);
  elseif (strcmp (type, "f64") && strcmp (name, "sample"))
    act = @() randperm (10 * n, n);
  endif
endfunction

function tell (role, name, type, n, act, runs)
  emit ("working", "Octave", sprintf ("%s %s, %d", name, type, n));
  emit ("op", role, "Octave", name, type, "alloc", whole (n),
        times (act, runs, struct ("warm", {0.05, 0.3}{(n >= 1e6) + 1}, "batch", 0.005, "row", 0.5)));
endfunction

arguments = argv ();
runs = str2double (arguments{4});
whole_numbers = {"geometric", "poisson_5", "poisson_50", "poisson_5000", "binomial", "bernoulli", "integers_256", ...
                 "integers_1e6", "categorical", "permutation", "sample"};
for type = strsplit (arguments{1}, ",")
  for n = str2double (strsplit (arguments{3}, ","))
    for name = strsplit (arguments{2}, ",")
      if (any (strcmp (type{1}, {"i32", "u8"})) && ! any (strcmp (name{1}, whole_numbers)))
        continue
      endif
      if (strcmp (type{1}, "f32") && strcmp (name{1}, "sample") && 10 * n > 2^24) % no single holds them all
        continue
      endif
      tell ("dgen", name{1}, type{1}, n, our_act (name{1}, n, type{1}), runs);
      own = native_act (name{1}, n, type{1});
      if (! isempty (own))
        tell ("native", name{1}, type{1}, n, own, runs);
      endif
    endfor
  endfor
endfor
