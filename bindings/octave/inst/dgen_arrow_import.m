## -*- texinfo -*-
## @deftypefn {} {@var{x} =} dgen_arrow_import (@var{array_address}, @var{schema_address})
## Take an array from another library in this process through the Arrow C data
## interface, without a copy.
##
## The addresses are those of a @code{struct ArrowArray} and a
## @code{struct ArrowSchema} that the producer has filled, as a uint64, a double or a
## text such as @qcode{"0x7f00a0"}.  Both are taken over, also on failure.
##
## @var{x} is an array: a column, or what @code{dgen_arrow_export} was given, in
## its dimensions; half-precision floats are bit patterns in uint16.  Of a quantized
## array it is the struct that @code{dgen_quantize} returns.  Nulls, and types that
## Octave has not, are errors.  The memory stays the producer's: Octave copies before
## it writes, and it is released by a later call of this package when Octave
## has let go, such as @code{dgen_pool_trim}.
##
## An address that is not one of such a struct brings Octave down.
##
## @example
## @group
## take = @@(array, schema) dgen_arrow_import (array, schema);
## @end group
## @end example
##
## @noindent
## A MEX function that has filled both structs calls @code{take} with their
## addresses.
## @seealso{dgen_arrow_export}
## @end deftypefn

function x = dgen_arrow_import (varargin)
  x = __dgen__ ("arrow_import", varargin{:});
endfunction

%!error <array_address must be a whole number> dgen_arrow_import ()
%!error <schema_address must be a whole number from 1> dgen_arrow_import (4096, 0)
%!error <Invalid call to dgen_arrow_import> dgen_arrow_import (1, 2, 3)
