% Quantization in Octave: dgen's call on Octave's own arrays, read in place, beside Octave's vector code. Lines and timing rule:
% measure.h. Arguments: runs, most elements.

source (fullfile (fileparts (mfilename ("fullpath")), "measure.m"));

function tell (role, type, memory, n, act, runs)
  emit ("working", "Octave", sprintf ("%s %s, %d", type, memory, n));
  emit ("op", role, "Octave", "quantize 8", type, memory, whole (n),
        times (act, runs, struct ("warm", 0.3, "batch", 0.005, "row", 0.5)));
endfunction

function [codes, scale, zero] = own (x)
  groups = reshape (postpad (x(:), 128 * ceil (numel (x) / 128)), 128, []);
  least = min (min (groups), 0);
  most = max (max (groups), 0);
  scale = (most - least) / 255;
  zero = round (-least ./ scale);
  codes = uint8 (round (groups ./ scale) + zero);
endfunction

runs = str2double (argv (){1});
most = Inf;
if (numel (argv ()) > 1)
  most = str2double (argv (){2});
endif
for n = [1e6, 1e7, 1e8]
  if (n > most)
    break
  endif
  for type = {"f32", "f64"}
    x = dgen_normal (n, "seed", 5, "type", type{1});
    tell ("dgen", type{1}, "vector", n, @() dgen_quantize (x), runs);
    if (n == 1e6)
      tell ("native", type{1}, "vector", n, @() own (x), runs);
    endif
    clear x
  endfor
endfor
