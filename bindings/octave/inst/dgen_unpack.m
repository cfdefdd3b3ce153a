## -*- texinfo -*-
## @deftypefn  {} {@var{codes} =} dgen_unpack (@var{q})
## @deftypefnx {} {@var{codes} =} dgen_unpack (@var{q}, "max_threads", @var{n})
## The codes of what @code{dgen_quantize} returns, one an element: uint8, of the
## dimensions of what was quantized.
##
## @example
## @group
## q = dgen_quantize ([-1 0 1 2], "bits", 2);
## dgen_unpack (q), q.codes
##   @result{} 0   1   2   3
##   @result{} 228
## @end group
## @end example
## @seealso{dgen_quantize, dgen_dequantize}
## @end deftypefn

function codes = dgen_unpack (varargin)
  codes = __dgen__ ("unpack", varargin{:});
endfunction

%!test # the lowest bits of a byte first, each row from a byte on
%! for bits = [8, 4, 2]
%!   for dims = {[1 1], [1 9], [9 1], [3 5], [4 2 3], [17 33]}
%!     x = reshape (mod ((1:prod (dims{1})) * 37, 101), dims{1});
%!     q = dgen_quantize (x, "bits", bits);
%!     codes = dgen_unpack (q);
%!     assert ({class(codes), size(codes)}, {"uint8", dims{1}});
%!     matrix = reshape (codes, columns (q.codes), []);
%!     each = 8 / bits;
%!     for i = 1:rows (matrix)
%!       row = double (matrix(i, :));
%!       row(end+1:each*ceil (end / each)) = 0;
%!       packed = 2 .^ (bits * (0:each-1)) * reshape (row, each, []);
%!       assert (q.codes(:, i)', uint8 (packed));
%!     endfor
%!     assert (isequal (dgen_unpack (q, "max_threads", 1), codes));
%!   endfor
%! endfor

%!error <q must be what quantize returns> dgen_unpack (uint8 (1:3))
%!error <"type" is not an option; the options are max_threads> dgen_unpack (dgen_quantize (1:3), "type", 1)
