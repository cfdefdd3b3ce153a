## -*- texinfo -*-
## @deftypefn  {} {@var{q} =} dgen_quantize (@var{x})
## @deftypefnx {} {@var{q} =} dgen_quantize (@var{x}, @var{name}, @var{value}, @dots{})
## Quantize an array to codes of 8, 4 or 2 bits, with a scale and a zero for
## each group of a row.
##
## @var{x} is single or double, of any dimensions, and is read where it lies.
## Its rows are those of its first dimension.  A vector, of either orientation,
## is one row.  An element comes back as (code - zero) * scale, at most
## scale / 2 and two units in the last place of single from what it was,
## unless it clips.  Zeros and constant groups come back exactly.
##
## @table @asis
## @item @qcode{"bits"}
## 8 (default), 4 or 2.
##
## @item @qcode{"scheme"}
## @qcode{"asymmetric"} (default): the zero lies where the group's range wants
## it; or @qcode{"symmetric"}: in the middle of the codes.
##
## @item @qcode{"range"}
## what codes a symmetric scheme uses: @qcode{"narrow"} (default), as many on
## each side of the zero; @qcode{"full"}, also the lowest; or, of 2 bits,
## @qcode{"midrise"}: -1.5, -0.5, 0.5 and 1.5 scales.
##
## @item @qcode{"axis"}
## what has a scale of its own: a @qcode{"group"} of a row (default), a
## @qcode{"row"}, or the @qcode{"tensor"}.
##
## @item @qcode{"group"}
## elements of a group; the last group of a row may be shorter.  Default 128,
## or the row, if that is shorter.
##
## @item @qcode{"search"}
## how scales are chosen: @qcode{"minmax"} (default), by the group's range;
## @qcode{"mse"}, of 16 scales that of the least squared error;
## @qcode{"percentile"}, by the range without the elements of the largest
## magnitude.
##
## @item @qcode{"percentile"}
## which share of elements that range holds, 50 to 100; default 99.9.
##
## @item @qcode{"nan"}
## what becomes of NaNs and infinities: @qcode{"error"} (default);
## @qcode{"saturate"}: infinities become the extremes of their group, NaNs 0;
## @qcode{"zero"}: all become 0.
##
## @item @qcode{"exact"}
## true: divide by the scale rather than multiply by its reciprocal, which
## leaves one unit in the last place of the two.
##
## @item @qcode{"scale_type"}
## @qcode{"f32"} (default), or @qcode{"f16"}, rounded up.
##
## @item @qcode{"rule"}
## @qcode{"dgen"} (default), or @qcode{"ggml_q8_0"}, @qcode{"ggml_q4_0"} or
## @qcode{"ggml_q4_1"}: codes and scales as ggml makes them.
##
## @item @qcode{"certificate"}
## false: do not measure the errors.
##
## @item @qcode{"max_threads"}
## how many threads to use at most.
## @end table
##
## The struct @var{q} has
##
## @table @code
## @item codes
## packed codes, uint8: a column for each row of @var{x}, the lowest bits of a
## byte first
## @item scale
## single, or the bit patterns of f16 as uint16: a column for each row, an
## element for each group
## @item zero
## uint8, of the size of @code{scale}
## @item bits, scheme, range, axis, group
## how it was quantized
## @item shape
## the dimensions of @var{x}
## @item error
## a struct: @code{max}, @code{rmse}, @code{snr_db}, @code{cosine} of @var{x}
## and what comes back, how many elements were @code{clipped}, and how many
## @code{nonfinite} ones replaced
## @end table
##
## @noindent
## It is a plain value, which may be saved and loaded.  The same call in Lua and
## R gives the same codes, whatever the machine and the number of threads.
##
## @example
## @group
## x = reshape (-7:8, 2, 8);
## q = dgen_quantize (x, "bits", 4, "group", 4);
## isequal (dgen_dequantize (q), x), size (q.codes)
##   @result{} 0
##   @result{} 4   2
## @end group
## @end example
## @seealso{dgen_dequantize, dgen_unpack, dgen_quantize_batch, dgen_repack,
## dgen_choose_bits, dgen_cosine}
## @end deftypefn

function q = dgen_quantize (varargin)
  q = __dgen__ ("quantize", varargin{:});
endfunction

%!test # fields, classes and sizes
%! x = reshape (sin (1:3*130), 3, 130);
%! q = dgen_quantize (x, "bits", 4);
%! assert (fieldnames (q)', {"codes", "scale", "zero", "bits", "scheme", "range", "axis", "group", "shape", "error"});
%! assert ({class(q.codes), class(q.scale), class(q.zero)}, {"uint8", "single", "uint8"});
%! assert ({size(q.codes), size(q.scale), size(q.zero)}, {[65 3], [2 3], [2 3]});
%! assert ({q.bits, q.scheme, q.range, q.axis, q.group, q.shape}, {4, "asymmetric", "full", "group", 128, [3 130]});
%! assert (fieldnames (q.error)', {"max", "rmse", "snr_db", "cosine", "clipped", "nonfinite"});
%! q = dgen_quantize (single (x), "axis", "row", "scheme", "symmetric", "scale_type", "f16");
%! assert ({size(q.codes), size(q.scale), class(q.scale), q.range, q.group}, {[130 3], [1 3], "uint16", "narrow", 130});
%! assert (numel (dgen_quantize (x, "axis", "tensor").scale), 1);

%!test # whole numbers that fit come back
%! x = reshape (mod (0:511, 255) - 127, 2, 256);
%! x(:, [1, 129]) = -127;
%! x(:, [2, 130]) = 127;
%! q = dgen_quantize (x, "scheme", "symmetric");
%! assert (unique (q.scale), single (1));
%! assert (isequal (dgen_dequantize (q), x));
%! assert ({q.error.max, q.error.snr_db, q.error.cosine}, {0, Inf, 1});

%!test # a vector is one row
%! x = cos (1:200);
%! [a, b] = deal (dgen_quantize (x, "group", 64), dgen_quantize (x', "group", 64));
%! assert ({a.shape, b.shape}, {[1 200], [200 1]});
%! assert ({size(a.codes), size(a.scale)}, {[200 1], [4 1]});
%! assert (isequal (a.codes, b.codes) && isequal (a.scale, b.scale));

%!error <x must be an array> dgen_quantize ()
%!error <x must be an array> dgen_quantize ("abc")
%!error <x must be an array> dgen_quantize ({1})
%!error <x must be a real, full array> dgen_quantize ([1 2i])
%!error <x must be a real, full array> dgen_quantize (speye (3))
%!error <x must be f32, f64, f16 or bf16, not u16> dgen_quantize (uint16 (1:5))
%!error <x must be f32, f64, f16 or bf16, not u8> dgen_quantize ([true false])
%!error <x must not be empty> dgen_quantize (zeros (0, 3))
%!error <options must be pairs of a name and a value> dgen_quantize (1:5, "bits")
%!error <options must be pairs of a name and a value> dgen_quantize (1:5, 4)
%!error <"speed" is not an option of quantize> dgen_quantize (1:5, "speed", 1)
%!error id=dgen:invalid-argument dgen_quantize (1:5, "bits", 3)
%!error id=dgen:wrong-type dgen_quantize ("abc")
