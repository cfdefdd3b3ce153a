## -*- texinfo -*-
## @deftypefn  {} {@var{table} =} dgen_activation_table (@var{stats})
## @deftypefnx {} {@var{table} =} dgen_activation_table (@var{stats}, @var{groups})
## @deftypefnx {} {@var{table} =} dgen_activation_table (@var{stats}, @var{groups}, @var{method})
## @deftypefnx {} {@var{table} =} dgen_activation_table (@dots{}, @var{name}, @var{value}, @dots{})
## Make a table of scales for activations that change over timesteps, as those
## of a diffusion model: for @code{dgen_quantize_activations}.
##
## Each row of @var{stats} is a timestep, in ascending order, and the least and
## the largest activation that it was seen to have.  Neighbouring timesteps form
## groups, of which each has one range.
##
## @table @asis
## @item @qcode{"groups"}
## how many; default 10, or all timesteps if they are fewer
## @item @qcode{"method"}
## @qcode{"equal_range"} (default): the groups of the least noise, by dynamic
## programming; or @qcode{"uniform"}: groups of equally many timesteps
## @item @qcode{"bits"}
## 8 (default), 4 or 2
## @item @qcode{"smoothing"}
## over so many timesteps on each side of a boundary the range goes over from one
## group's to the next; default 0
## @end table
##
## The struct @var{table} has the columns @code{timestep}, @code{group} (the
## number of its group), @code{scale} and @code{zero}; these options; how many
## timesteps smoothing has @code{narrowed}, so that they clip; and the
## @code{noise} to expect of rounding, beside @code{noise_single}, that of one
## group.
##
## @example
## @group
## table = dgen_activation_table ([0 -1 1; 10 -1 1; 20 -8 8; 30 -9 9], 2);
## table.group', table.noise < table.noise_single
##   @result{} 1   1   2   2
##   @result{} 1
## @end group
## @end example
## @seealso{dgen_quantize_activations, dgen_equalize}
## @end deftypefn

function table = dgen_activation_table (varargin)
  table = __dgen__ ("activation_table", varargin{:});
endfunction

%!test # fields
%! stats = [0 -1 1; 10 -1.5 1; 20 -8 8; 30 -9 9; 31 0 30];
%! t = dgen_activation_table (stats, 3);
%! assert (fieldnames (t)', {"timestep", "group", "scale", "zero", "bits", "groups", "method", "smoothing", ...
%!                           "narrowed", "noise", "noise_single"});
%! assert ({t.timestep, t.group}, {stats(:, 1), int32([1; 1; 2; 2; 3])});
%! assert ({class(t.scale), size(t.scale), class(t.zero), size(t.zero)}, {"single", [5 1], "uint8", [5 1]});
%! assert ({t.bits, t.groups, t.method, t.smoothing, t.narrowed}, {8, 3, "equal_range", 0, 0});
%! low = accumarray (double (t.group), stats(:, 2), [], @min)(t.group);
%! high = accumarray (double (t.group), stats(:, 3), [], @max)(t.group);
%! assert (double (t.scale), (max (high, 0) - min (low, 0)) / 255, -2^-15);
%! assert (t.noise, sqrt (mean (double (t.scale) .^ 2) / 12), -1e-12);
%! assert (t, dgen_activation_table (stats, "groups", 3));
%! assert (t, dgen_activation_table (stats, 3, "equal_range", "bits", 8, "smoothing", 0));
%! assert (dgen_activation_table (single (stats)).groups, 5);
%! assert (dgen_activation_table (stats, 2, "uniform").group', int32 ([1 1 2 2 2]));
%! assert (dgen_activation_table (stats, "method", "uniform", "groups", 1).group', int32 ([1 1 1 1 1]));
%! assert (dgen_activation_table ([5 -1 1]).scale, single (2 / 255), -2^-15);
%! assert (dgen_activation_table (stats, 2, "bits", 4, "smoothing", 1).narrowed >= 0);

%!error <stats must be an array> dgen_activation_table ()
%!error <stats must be a matrix of 3 columns> dgen_activation_table ([0; -1; 1])
%!error <groups must be a whole number> dgen_activation_table ([0 -1 1], 0)
%!error <method must be> dgen_activation_table ([0 -1 1], 1, 2)
%!error <"speed" is not an option of activation_table> dgen_activation_table ([0 -1 1], 1, "uniform", "speed", 1)
