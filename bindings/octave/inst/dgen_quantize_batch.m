## -*- texinfo -*-
## @deftypefn  {} {@var{list} =} dgen_quantize_batch (@var{layers})
## @deftypefnx {} {@var{list} =} dgen_quantize_batch (@var{layers}, @var{name}, @var{value}, @dots{})
## Quantize each array of the cell @var{layers}: a cell of what
## @code{dgen_quantize} returns.
##
## The options are those of @code{dgen_quantize}; @qcode{"bits"} may be an array
## with as many elements as there are layers.  With @qcode{"progress"}, a
## function is called now and then with how many elements are done and how many
## there are; if it returns false, or fails, the call stops.  All layers are
## quantized or, after an error, none.
##
## @example
## @group
## layers = @{single(rand (64, 16)), rand(8, 32)@};
## list = dgen_quantize_batch (layers, "bits", [8 4]);
## cellfun (@@(q) q.bits, list)
##   @result{} 8   4
## @end group
## @end example
## @seealso{dgen_quantize, dgen_choose_bits}
## @end deftypefn

function list = dgen_quantize_batch (varargin)
  list = __dgen__ ("quantize_batch", varargin{:});
endfunction

%!test # as layer by layer
%! layers = {reshape(sin (1:200), 4, 50), single(cos (1:77))', rand(3, 4, 5); 1, zeros(2, 300), 1:5};
%! bits = [8 4 2; 4 2 8];
%! list = dgen_quantize_batch (layers, "bits", bits, "group", 1);
%! assert (size (list), [2 3]);
%! for i = 1:6
%!   assert (list{i}, dgen_quantize (layers{i}, "bits", bits(i), "group", 1));
%! endfor
%! assert (dgen_quantize_batch (layers, "bits", 4){2}, dgen_quantize (layers{2}, "bits", 4));
%! assert (dgen_quantize_batch ({}), {});

%!test # progress
%! layers = repmat ({rand(30, 40)}, 1, 20);
%! text = evalc ("dgen_quantize_batch (layers, 'progress', @(done, total) printf ('%d %d ', done, total));");
%! seen = sscanf (text, "%d %d", [2, Inf])';
%! assert (all (seen(:, 2) == 20 * 1200));
%! assert (issorted (seen(:, 1)) && seen(end, 1) == 20 * 1200);

%!error <list must be a list of arrays> dgen_quantize_batch ()
%!error <list must be a list of arrays> dgen_quantize_batch (1:3)
%!error <layer 2: x must be an array> dgen_quantize_batch ({1:3, "a"})
%!error <layer 2: x must be a real, full array> dgen_quantize_batch ({1:3, 1i})
%!error <layer 2: x must be f32, f64, f16 or bf16, not i8> dgen_quantize_batch ({1:3, int8(1:3)})
%!error <bits must be 8, 4 or 2, not 3> dgen_quantize_batch ({1:3, 1:4}, "bits", [8 3])
%!error <progress must be a function> dgen_quantize_batch ({1:3}, "progress", 1)
%!error <stopped by me> dgen_quantize_batch (repmat ({rand(300, 400)}, 1, 20), "progress", @(d, t) error ("stopped by me"))
%!error id=dgen:canceled dgen_quantize_batch (repmat ({rand(300, 400)}, 1, 20), "progress", @(d, t) false)
