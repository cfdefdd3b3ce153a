## -*- texinfo -*-
## @deftypefn  {} {@var{e} =} dgen_equalize (@var{w}, @var{x})
## @deftypefnx {} {@var{e} =} dgen_equalize (@var{w}, @var{x}, @var{alpha})
## @deftypefnx {} {@var{e} =} dgen_equalize (@dots{}, @var{name}, @var{value}, @dots{})
## Move what is hard to quantize from activations to weights.
##
## Column j of the weights @var{w}, and of activations @var{x}, belongs to input
## channel j.  Its scale is max |x(:, j)|^alpha / max |w(:, j)|^(1 - alpha), or
## 1 where either is 0; the columns of w are multiplied by it and those of x
## divided, so that x * w' stays what it was (SmoothQuant, arXiv 2211.10438).
## Here, a vector is the matrix that it is in Octave.
##
## Options are @qcode{"alpha"}, 0 to 1, default 0.5; @qcode{"power_of_two"}:
## true makes scales powers of two, so that they lose nothing; and
## @qcode{"max_threads"}.
##
## The struct @var{e} has @code{w} and @code{x}, single or double as they were,
## and the rows @code{scale} and @code{inverse}, an element for each channel.
##
## @example
## @group
## e = dgen_equalize ([1 0 3; -2 0 5], [0 0 20; 0 4 -10], "power_of_two", true);
## e.scale, e.x * e.w'
##   @result{} 1   1   2
##   @result{}  60   100
##   @result{} -30   -50
## @end group
## @end example
## @seealso{dgen_quantize, dgen_activation_table}
## @end deftypefn

function e = dgen_equalize (varargin)
  e = __dgen__ ("equalize", varargin{:});
endfunction

%!test # against the definition
%! w = reshape (sin (1:60), 5, 12);
%! x = reshape (tan (1:84), 7, 12);
%! w(:, 3) = 0;
%! x(:, 4) = 0;
%! for alpha = [0, 0.3, 0.5, 1]
%!   wanted = max (abs (x)) .^ alpha ./ max (abs (w)) .^ (1 - alpha);
%!   wanted([3, 4]) = 1;
%!   e = dgen_equalize (w, x, alpha);
%!   assert (e, dgen_equalize (w, x, "alpha", alpha, "max_threads", 1));
%!   assert ({class(e.w), class(e.x), class(e.scale), size(e.scale), size(e.inverse)}, ...
%!           {"double", "double", "single", [1 12], [1 12]});
%!   assert (double (e.scale), wanted, -1e-6);
%!   assert (e.w, w .* double (e.scale), -eps);
%!   assert (e.x, x .* double (e.inverse), -eps);
%!   assert (e.x * e.w', x * w', 1e-6 * (abs (x) * abs (w)'));
%! endfor

%!test # powers of two lose nothing; classes; vectors are matrices
%! w = single (reshape (sin (1:60), 5, 12));
%! x = reshape (tan (1:84), 7, 12);
%! e = dgen_equalize (w, x, "power_of_two", true);
%! assert (log2 (e.scale), round (log2 (e.scale)));
%! assert ({class(e.w), class(e.x)}, {"single", "double"});
%! assert (isequal (e.w ./ e.scale, w) && isequal (e.x .* double (e.scale), x));
%! assert (dgen_equalize ([1; 2; 4], [16; 1]).scale, single (2));
%! assert (dgen_equalize ([1 2 4], [1 8 4; 1 1 1]).scale, single ([1 2 1]), 1e-6);

%!error <w must be an array> dgen_equalize ()
%!error <x must be an array> dgen_equalize ([1 2])
%!error <alpha must be a number from 0 to 1> dgen_equalize ([1 2], [3 4], [1 2])
%!error <alpha must be a number from 0 to 1, not NaN> dgen_equalize ([1 2], [3 4], NaN)
%!error <power_of_two must be true or false> dgen_equalize ([1 2], [3 4], "power_of_two", 1)
%!error <"beta" is not an option of equalize; the options are alpha, power_of_two, max_threads> dgen_equalize ([1 2], [3 4], "beta", 1)
%!error <x must be finite; element 2 is Inf> dgen_equalize ([1 2], [3 Inf])
