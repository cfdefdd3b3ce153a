## -*- texinfo -*-
## @deftypefn {} {@var{y} =} dgen_copy (@var{x})
## Give the values of the array @var{x} memory of their own.
##
## A contiguous piece of an array, such as @code{x(1:10)}, shares the array's
## memory and keeps all of it alive.  The copy does not.
##
## @example
## @group
## g = dgen_generator (1e9, "seed", 42);
## head = dgen_copy (g.next ()(1:16));
## @end group
## @end example
## @seealso{dgen_generator, dgen_pool_trim}
## @end deftypefn

function y = dgen_copy (varargin)
  y = __dgen__ ("copy", varargin{:});
endfunction

%!test # the same value
%! for x = {uint8(5), int16([1 2; 3 4]), single(pi), rand(2, 3, 4), "text", 'te', true, [true false], 1:5, []}
%!   y = dgen_copy (x{1});
%!   assert (class (y), class (x{1}));
%!   assert (isequal (y, x{1}));
%!   assert (size (y), size (x{1}));
%! endfor

%!test # a piece lets go of the whole
%! dgen_pool_trim ();
%! x = dgen_generate (2^24);
%! whole = x(5:10);
%! own = dgen_copy (whole);
%! clear x
%! assert (dgen_system_info ().pool_bytes, 0);
%! clear whole
%! assert (dgen_system_info ().pool_bytes >= 2^24);
%! assert (numel (own), 6);

%!error <x must be a real, full array> dgen_copy ()
%!error <x must be a real, full array> dgen_copy ({1})
%!error <Invalid call to dgen_copy> dgen_copy (1, 2)
