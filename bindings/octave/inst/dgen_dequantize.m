## -*- texinfo -*-
## @deftypefn  {} {@var{y} =} dgen_dequantize (@var{q})
## @deftypefnx {} {@var{y} =} dgen_dequantize (@var{q}, @var{type})
## @deftypefnx {} {@var{y} =} dgen_dequantize (@dots{}, "max_threads", @var{n})
## Turn what @code{dgen_quantize} returns back into an array of its dimensions.
##
## @var{type} is @qcode{"single"} (default) or @qcode{"double"}, also called
## @qcode{"f32"} and @qcode{"f64"}, both of which hold (code - zero) * scale
## exactly; or @qcode{"f16"} or @qcode{"bf16"}, whose bit patterns come as
## uint16, rounded half to even.
##
## @example
## @group
## q = dgen_quantize ([-1 0 0.5; 3 3 3]);
## dgen_dequantize (q)(:, 2:3)
##   @result{} 0   0.5020
##   @result{} 3   3.0000
## @end group
## @end example
## @seealso{dgen_quantize, dgen_unpack}
## @end deftypefn

function y = dgen_dequantize (varargin)
  y = __dgen__ ("dequantize", varargin{:});
endfunction

%!test # classes and dimensions
%! for dims = {[1 1], [7 1], [1 7], [3 4], [2 3 4], [2 3 4 5], [2 3 2 2 3], [1 1 6], [1 1 1 1 6], [70 3 2]}
%!   x = reshape (sin (1:prod (dims{1})), dims{1});
%!   q = dgen_quantize (x);
%!   assert (q.shape, dims{1});
%!   for type = {"single", "double"; "f32", "f64"}
%!     y = dgen_dequantize (q, type{1});
%!     assert (size (y), dims{1});
%!     assert (double (y), x, max (double (q.scale(:))));
%!   endfor
%!   assert (class (dgen_dequantize (q)), "single");
%!   assert (class (dgen_dequantize (q, "double")), "double");
%!   assert (isequal (dgen_dequantize (q, "double"), dgen_dequantize (q)));
%!   assert (isequal (dgen_dequantize (q, "max_threads", 1), dgen_dequantize (q)));
%!   assert (isequal (dgen_dequantize (q, "single", "max_threads", 2), dgen_dequantize (q)));
%! endfor

%!test # bit patterns of 16 bits
%! q = dgen_quantize ([-1 0 2 0.5]);
%! q.scale(:) = 0.25;
%! q.codes = q.zero + uint8 ([4; 0; 8; 2]);
%! assert (dgen_dequantize (q), single ([1 0 2 0.5]));
%! assert (dgen_dequantize (q, "f16"), uint16 (hex2dec ({"3C00", "0000", "4000", "3800"})'));
%! assert (dgen_dequantize (q, "bf16"), uint16 (hex2dec ({"3F80", "0000", "4000", "3F00"})'));

%!error <q must be what quantize returns> dgen_dequantize ()
%!error <q must be what quantize returns> dgen_dequantize (1:3)
%!error <q must be what quantize returns> dgen_dequantize (struct ("codes", {1, 2}))
%!error <q.codes must be an array> dgen_dequantize (struct ())
%!error <q.scale must be f32, not f64> q = dgen_quantize (1:3); q.scale = double (q.scale); dgen_dequantize (q);
%!error <q.codes must have 3 elements for its shape> q = dgen_quantize (1:3); q.codes(4) = 0; dgen_dequantize (q);
%!error <q.shape must have sizes> q = dgen_quantize (1:3); q.shape = [3 0]; dgen_dequantize (q);
%!error <q.shape must have sizes> q = dgen_quantize (1:3); q.shape = [2 2^40 2^40]; dgen_dequantize (q);
%!error <q.shape must be a list> q = dgen_quantize (1:3); q.shape = "a"; dgen_dequantize (q);
%!error <bits must be 8, 4 or 2, not 5> q = dgen_quantize (1:3); q.bits = 5; dgen_dequantize (q);
%!error <type must be f32, f64, f16 or bf16, not u8> dgen_dequantize (dgen_quantize (1:3), "u8")
%!error <type must be text> dgen_dequantize (dgen_quantize (1:3), 1)
%!error <"out" is not an option; the options are max_threads> dgen_dequantize (dgen_quantize (1:3), "f32", "out", 1)
