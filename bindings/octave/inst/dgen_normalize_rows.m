## -*- texinfo -*-
## @deftypefn  {} {@var{y} =} dgen_normalize_rows (@var{x})
## @deftypefnx {} {@var{y} =} dgen_normalize_rows (@var{x}, "max_threads", @var{k})
## Divide each row of a matrix by its Euclidean norm.
##
## The result is single where @var{x} is, else double; integers and logicals
## become double.  Sums of squares are in double precision.  A row of zeros
## stays as it is; a row with a NaN or an infinity becomes NaN.
##
## @example
## @group
## y = dgen_normalize_rows ([3 4; 0 2]);
## y(1, :)
##   @result{} 0.6000   0.8000
## @end group
## @end example
## @seealso{dgen_unit_vectors, dgen_normalize}
## @end deftypefn

function y = dgen_normalize_rows (varargin)
  y = __dgen__ ("normalize_rows", varargin{:});
endfunction

%!test # rows of any number and length, against their definition
%! for dims = {[1 1], [1 7], [7 1], [3 4], [100 63], [65 300], [2000 3]}
%!   x = reshape (mod ((1:prod (dims{1})) * 37, 101) - 40, dims{1});
%!   x(1, :) = 1;
%!   wanted = x ./ sqrt (sum (x .^ 2, 2));
%!   wanted(isnan (wanted)) = 0;
%!   y = dgen_normalize_rows (x);
%!   assert (y, wanted, 2 * eps);
%!   assert (size (y), dims{1});
%!   assert (class (dgen_normalize_rows (single (x))), "single");
%!   assert (double (dgen_normalize_rows (single (x))), wanted, double (eps ("single")));
%!   assert (isequal (dgen_normalize_rows (int16 (x)), y));
%!   assert (isequal (dgen_normalize_rows (x, "max_threads", 1), y));
%! endfor

%!test # zeros, NaN, infinities; sums that would overflow or vanish in single
%! x = single ([0 0 0; 1 NaN 2; 1 Inf 2; 3e30 0 4e30; 3e-30 0 4e-30]);
%! y = dgen_normalize_rows (x);
%! assert (y, single ([0 0 0; NaN NaN NaN; NaN NaN NaN; 0.6 0 0.8; 0.6 0 0.8]), eps ("single"));

%!test # nothing; what it is given stays
%! assert (size (dgen_normalize_rows (zeros (0, 3))), [0 3]);
%! x = [3 4];
%! y = dgen_normalize_rows (x);
%! y(1) = 7;
%! assert (x, [3 4]);

%!error <x must be an array> dgen_normalize_rows ()
%!error <x must be an array> dgen_normalize_rows ("a")
%!error <x must be a real, full array> dgen_normalize_rows ([1 2i])
%!error <x must be a real, full array> dgen_normalize_rows (speye (2))
%!error <x must> dgen_normalize_rows (ones (2, 3, 4))
%!error <x must lie from -2\^53 to 2\^53> dgen_normalize_rows (intmax ("uint64"))
%!error <"rows" is not an option> dgen_normalize_rows ([1 2], "rows", 1)
%!error <max_threads must be a whole number> dgen_normalize_rows ([1 2], "max_threads", -1)
