## -*- texinfo -*-
## @deftypefn {} {} dgen_arrow_export (@var{x}, @var{array_address}, @var{schema_address})
## Hand an array, or what @code{dgen_quantize} returns, to another library in this
## process through the Arrow C data interface, without a copy.
##
## The addresses are those of a @code{struct ArrowArray} and a
## @code{struct ArrowSchema} that the consumer owns, as a uint64, a double or a text
## such as @qcode{"0x7f00a0"}.  Both are filled.  The consumer calls their
## @code{release} when it is done; until then it shares the memory of @var{x},
## which may be cleared or changed meanwhile: Octave copies before it writes.
##
## A vector becomes a primitive array, other dimensions one row of
## @code{arrow.fixed_shape_tensor}, and a quantized array a struct of lists
## @code{codes}, @code{scale} and @code{zero}, of which the other fields are
## metadata.
##
## An address that is not one of such a struct brings Octave down.
##
## @example
## @group
## x = dgen_normal (1000, "type", "single");
## give = @@(array, schema) dgen_arrow_export (x, array, schema);
## @end group
## @end example
##
## @noindent
## A MEX function that has both structs calls @code{give} with their addresses.
## @seealso{dgen_arrow_import, dgen_quantize}
## @end deftypefn

function dgen_arrow_export (varargin)
  __dgen__ ("arrow_export", varargin{:});
endfunction

%!error <array_address must be a whole number> dgen_arrow_export (1:3)
%!error <schema_address must be a whole number> dgen_arrow_export (1:3, 4096)
%!error <array_address must be a whole number from 1> dgen_arrow_export (1:3, 0, 1)
%!error <array_address must be a whole number from 1> dgen_arrow_export (1:3, "somewhere", 1)
%!error <schema_address must be a whole number from 1> dgen_arrow_export (1:3, uint64 (4096), -1)
%!error <schema_address must be the address of a struct> dgen_arrow_export (1:3, 4096, 4097)
%!error <x must be an array> dgen_arrow_export ("a", 4096, 4096)
%!error <q.codes must be an array> dgen_arrow_export (struct (), 4096, 4096)
%!error <Invalid call to dgen_arrow_export> dgen_arrow_export (1:3, 4096, 4096, 1)
