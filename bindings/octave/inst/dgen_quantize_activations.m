## -*- texinfo -*-
## @deftypefn  {} {@var{q} =} dgen_quantize_activations (@var{x}, @var{t}, @var{table})
## @deftypefnx {} {@var{q} =} dgen_quantize_activations (@dots{}, @var{name}, @var{value}, @dots{})
## Quantize activations by the scales of their timesteps.
##
## Row i of @var{x} was seen at the timestep @var{t}(i), or all at the number
## @var{t}; its scale is that of the last timestep of @var{table} (see
## @code{dgen_activation_table}) that is not after it.  A vector is one row.
## What lies beyond the table's range clips, which @code{q.error.clipped} tells.
## The options @qcode{"nan"}, @qcode{"certificate"} and @qcode{"max_threads"} are
## those of @code{dgen_quantize}, and so is the result, with a scale for each row.
##
## @example
## @group
## table = dgen_activation_table ([0 -1 1; 10 -8 8], 2);
## q = dgen_quantize_activations ([0.5 -1; 4 -8], [3; 12], table);
## q.scale
##   @result{} 7.8433e-03   6.2747e-02
## @end group
## @end example
## @seealso{dgen_activation_table, dgen_dequantize}
## @end deftypefn

function q = dgen_quantize_activations (varargin)
  q = __dgen__ ("quantize_activations", varargin{:});
endfunction

%!test # rows by their timesteps
%! table = dgen_activation_table ([0 -1 1; 10 -2 3; 20 -8 8], 3);
%! x = reshape (sin (1:28), 4, 7);
%! t = [25 0 10 19.5];
%! q = dgen_quantize_activations (x, t, table);
%! at = [3 1 2 2];
%! assert ({q.axis, q.bits, q.shape, q.group}, {"row", 8, [4 7], 7});
%! assert ({q.scale, q.zero}, {table.scale(at)', table.zero(at)'});
%! assert (dgen_dequantize (q, "double"), x, double (q.scale') / 2 + 1e-7);
%! assert (q, dgen_quantize_activations (single (x), int8 (floor (t')), table, "max_threads", 1));
%! assert (dgen_quantize_activations (x, 15, table).scale, table.scale([2 2 2 2])');
%! assert (dgen_quantize_activations (100 * x, 15, table).error.clipped > 20);
%! assert (isnan (dgen_quantize_activations (x, 15, table, "certificate", false).error.max));
%! assert (dgen_quantize_activations ([NaN; 1; Inf], 15, table, "nan", "saturate").error.nonfinite, 2);

%!test # a vector is one row
%! table = dgen_activation_table ([0 -1 1; 10 -2 3], 2);
%! q = dgen_quantize_activations ((1:5)' / 5, 3, table);
%! assert ({q.shape, size(q.scale), size(dgen_dequantize (q))}, {[5 1], [1 1], [5 1]});

%!error <x must be an array> dgen_quantize_activations ()
%!error <t must be an array or a number> dgen_quantize_activations ([1 2])
%!error <table must be what activation_table returns> dgen_quantize_activations ([1 2], 1)
%!error <"bits" is not an option of quantize_activations; the options are nan, certificate, max_threads> ...
%! dgen_quantize_activations ([1 2], 1, dgen_activation_table ([0 -1 1]), "bits", 8)
%!error <table.scale must be f32, not f64> table = dgen_activation_table ([0 -1 1]); table.scale = 1; ...
%! dgen_quantize_activations ([1 2], 1, table);
%!error <x must be finite> dgen_quantize_activations ([1 NaN], 1, dgen_activation_table ([0 -1 1]))
