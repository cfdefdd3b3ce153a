## -*- texinfo -*-
## @deftypefn  {} {@var{p} =} dgen_repack (@var{q}, @var{packing})
## @deftypefnx {} {@var{q} =} dgen_repack (@var{p}, "dgen")
## Turn what @code{dgen_quantize} returns into the layout of another program,
## or back, without loss; an error says what a layout cannot hold.
##
## @var{packing} is
##
## @table @asis
## @item @qcode{"ggml_q8_0"}, @qcode{"ggml_q4_0"}, @qcode{"ggml_q4_1"}
## blocks of ggml: 8 or 4 bits, groups of 32, f16 scales
## @item @qcode{"gptq"}, @qcode{"gptq_v2"}
## int32 words of GPTQ, with zeros less 1 or as they are, f16 scales
## @item @qcode{"onnx"}
## the inputs of ONNX Runtime's MatMulNBits
## @item @qcode{"dgen"}
## back to what @code{dgen_quantize} returns, of which @code{error} is NaN
## @end table
##
## The struct @var{p} has @code{packing}, @code{bits}, @code{group},
## @code{shape}, @code{codes}, and, where the layout has them, @code{scale}
## (f16 as uint16) and @code{zero}.
##
## @example
## @group
## q = dgen_quantize (rand (16, 64), "rule", "ggml_q4_0");
## p = dgen_repack (q, "ggml_q4_0");
## size (p.codes)
##   @result{} 36   16
## isequal (dgen_repack (p, "dgen").codes, q.codes)
##   @result{} 1
## @end group
## @end example
## @seealso{dgen_quantize}
## @end deftypefn

function p = dgen_repack (varargin)
  p = __dgen__ ("repack", varargin{:});
endfunction

%!test # there and back
%! x = reshape (sin (1:32*128), 32, 128);
%! cases = {"ggml_q8_0", {"rule", "ggml_q8_0"}
%!          "ggml_q4_0", {"rule", "ggml_q4_0"}
%!          "ggml_q4_1", {"rule", "ggml_q4_1"}
%!          "gptq", {"bits", 4, "group", 32, "scale_type", "f16", "scheme", "symmetric"}
%!          "gptq_v2", {"bits", 8, "group", 64, "scale_type", "f16"}
%!          "gptq_v2", {"bits", 2, "group", 32, "scale_type", "f16"}
%!          "onnx", {"bits", 4, "group", 32}
%!          "onnx", {"bits", 2, "group", 16, "scale_type", "f16"}};
%! for row = cases'
%!   q = dgen_quantize (x, row{2}{:});
%!   p = dgen_repack (q, row{1});
%!   assert ({p.packing, p.bits, p.group, p.shape}, {row{1}, q.bits, q.group, [32 128]});
%!   back = dgen_repack (p, "dgen");
%!   assert (isnan (back.error.max));
%!   assert (isequal (dgen_dequantize (back), dgen_dequantize (q)));
%!   assert (isequal (dgen_unpack (back), dgen_unpack (q)));
%!   assert (isequal (dgen_repack (back, row{1}).codes, p.codes));
%!   assert (isequal (dgen_repack (p, row{1}), p));
%! endfor

%!test # a vector keeps its orientation
%! x = sin (1:64);
%! for x = {x, x'}
%!   p = dgen_repack (dgen_quantize (x{1}, "rule", "ggml_q8_0"), "ggml_q8_0");
%!   assert (p.shape, size (x{1}));
%!   assert (size (dgen_dequantize (dgen_repack (p, "dgen"))), size (x{1}));
%! endfor

%!error <q must be what quantize or repack returns> dgen_repack (1, "onnx")
%!error <packing must be text> dgen_repack (dgen_quantize (1:3))
%!error <packing must be one of dgen> dgen_repack (dgen_quantize (1:3), "gguf")
%!error <Invalid call to dgen_repack> dgen_repack (dgen_quantize (1:3), "onnx", 3)
%!error <p.codes must be an array> dgen_repack (struct ("packing", "onnx"), "dgen")
