## -*- texinfo -*-
## @deftypefn  {} {@var{choice} =} dgen_choose_bits (@var{layers}, "budget", @var{bytes})
## @deftypefnx {} {@var{choice} =} dgen_choose_bits (@var{layers}, @var{name}, @var{value}, @dots{})
## Choose 8, 4 or 2 bits for each array of the cell @var{layers}, of the least
## total error that fits a budget, or by rules.
##
## @table @asis
## @item @qcode{"budget"}
## bytes of all codes, scales and zeros; without it, layers get the
## @qcode{"bits"} of the options
## @item @qcode{"names"}
## a cell of the layers' names
## @item @qcode{"rules"}
## a cell of a pattern and bits in each row: the first pattern that fits a
## layer's name, with @code{*} for any characters and @code{?} for one, sets its
## bits; 16 leaves it as it is, at two bytes an element
## @item @qcode{"progress"}
## a function, as of @code{dgen_quantize_batch}
## @end table
##
## @noindent
## All others are options of @code{dgen_quantize}.  The struct @var{choice} has the
## columns @code{bits}, @code{size} (in bytes), @code{rmse} and @code{snr_db}, an
## element for each layer.
##
## @example
## @group
## layers = @{rand(64, 64), 1000 * rand(64, 64), rand(1, 64)@};
## names = @{"a.proj", "b.proj", "b.norm"@};
## choice = dgen_choose_bits (layers, "names", names, "budget", 8000, ...
##                            "rules", @{"*norm*", 16@});
## choice.bits', sum (choice.size) <= 8000
##   @result{} 8   4   16
##   @result{} 1
## @end group
## @end example
## @seealso{dgen_quantize_batch}
## @end deftypefn

function choice = dgen_choose_bits (varargin)
  choice = __dgen__ ("choose_bits", varargin{:});
endfunction

%!test # rules, budgets, sizes
%! layers = {reshape(sin (1:2048), 32, 64), single(reshape (cos (1:2048), 16, 128)), sin(1:100)};
%! bytes = @(q) numel (q.codes) + 4 * numel (q.scale) + numel (q.zero);
%! choice = dgen_choose_bits (layers, "bits", 4);
%! assert (choice.bits, [4; 4; 4]);
%! list = dgen_quantize_batch (layers, "bits", 4);
%! assert (choice.size, cellfun (bytes, list)');
%! assert (choice.rmse, cellfun (@(q) q.error.rmse, list)', -1e-12);
%! assert (choice.snr_db, cellfun (@(q) q.error.snr_db, list)', -1e-12);
%! for budget = [1400, 2000, 3000, 1e6]
%!   choice = dgen_choose_bits (layers, "budget", budget);
%!   assert (sum (choice.size) <= budget);
%!   assert (all (ismember (choice.bits, [2 4 8])));
%! endfor
%! assert (choice.bits, [8; 8; 8]);
%! choice = dgen_choose_bits (layers, "names", {"in", "mid.norm", "out"}, "rules", {"*norm*", 16; "o?t", 8; "*", 2});
%! assert (choice.bits, [2; 16; 8]);
%! assert (choice.size(2), 4096);

%!error <layers must be a list of arrays> dgen_choose_bits (1:3)
%!error <names must be a list of texts, one for each of 1 layers> dgen_choose_bits ({1:3}, "names", {"a", "b"})
%!error <names must be> dgen_choose_bits ({1:3}, "names", {1})
%!error <names must be> dgen_choose_bits ({1:3}, "names", "a")
%!error <rules must be> dgen_choose_bits ({1:3}, "rules", {"*"})
%!error <rules must be> dgen_choose_bits ({1:3}, "rules", "*")
%!error <progress must be a function> dgen_choose_bits ({1:3}, "progress", 1)
%!error <"speed" is not an option> dgen_choose_bits ({1:3}, "speed", 1)
