## -*- texinfo -*-
## @deftypefn  {} {@var{g} =} dgen_sampler (@var{distribution})
## @deftypefnx {} {@var{g} =} dgen_sampler (@var{distribution}, @var{parameter}, @dots{})
## @deftypefnx {} {@var{g} =} dgen_sampler (@dots{}, @var{name}, @var{value}, @dots{})
## Open a sampler, to have random values of a distribution piece by piece.
##
## @var{distribution} is a name that @code{dgen_distributions} lists, of the
## kinds @qcode{"real"}, @qcode{"whole"} and @qcode{"index"}.  Parameters and
## options are those of the function of that name, such as
## @code{dgen_normal}; parameters are checked, and tables made, once.
##
## @table @code
## @item x = g.next (n)
## The next @var{n} values, as a column, or as an array of the dimensions
## @var{n}.  Pieces of any size join to what one call gives.
## @item g.position ()
## How many values of the stream lie before the next one.
## @item g.seek (k)
## Go on from value @var{k}, counted from 0.
## @item g.reset ()
## Go back to where it started.
## @item g.close ()
## Close it before the last copy of @var{g} is cleared.
## @item g.seed, g.stream, g.offset, g.type, g.distribution
## What it draws, with the seed that was drawn if none was given.  Seeds above
## 2^53 are text.
## @end table
##
## A sampler is a handle: after @code{h = g}, both move together.
##
## @example
## @group
## g = dgen_sampler ("gamma", "shape", 2, "seed", 1);
## x = [g.next(10); g.next(90)];
## isequal (x, dgen_gamma (100, 2, "seed", 1))
##   @result{} 1
## @end group
## @end example
## @seealso{dgen_distributions, dgen_generator}
## @end deftypefn

function g = dgen_sampler (varargin)
  g = __dgen__ ("sampler", varargin{:});
endfunction

%!test # pieces of any length join to what one call gives
%! for type = {"single", "double"}
%!   x = dgen_normal (5000, 1, 2, "seed", 42, "type", type{1});
%!   g = dgen_sampler ("normal", "mean", 1, "sd", 2, "seed", 42, "type", type{1});
%!   y = {};
%!   for k = [0, 1, 63, 64, 65, 1000, 2048, 1759]
%!     y{end+1} = g.next (k);
%!   endfor
%!   assert (g.position (), 5000);
%!   assert (class (y{1}), type{1});
%!   assert (isequal (vertcat (y{:}), x));
%! endfor

%!test # parameters in their order, and in any class; dimensions
%! g = dgen_sampler ("binomial", single ([5 6 7]), 0.5, "seed", 3, "type", "uint8");
%! x = dgen_binomial ([3 4], int8 ([5 6 7]), 0.5, "seed", 3, "type", "uint8");
%! assert (isequal (g.next ([3 4]), x));
%! assert (class (g.next (1)), "uint8");
%! assert (size (g.next ([2 3 4])), [2 3 4]);
%! assert (g.position (), 12 + 1 + 24);

%!test # seek, reset, offset
%! x = dgen_poisson (2000, 4, "seed", 9);
%! g = dgen_sampler ("poisson", "lambda", 4, "seed", 9, "offset", 1000);
%! assert (g.position (), 1000);
%! assert (g.next (10), x(1001:1010));
%! g.seek (5);
%! assert (g.next (10), x(6:15));
%! g.reset ();
%! assert (g.position (), 1000);

%!test # the seed drawn is told
%! g = dgen_sampler ("uniform");
%! assert (isequal (dgen_uniform (1000, "seed", g.seed), g.next (1000)));

%!test # other members
%! g = dgen_sampler ("categorical", [1 2 3], "seed", "0xFFFFFFFFFFFFFFFF", "stream", 4, "type", "i64");
%! assert ({g.seed, g.stream, g.offset, g.type, g.distribution}, {"0xFFFFFFFFFFFFFFFF", 4, 0, "i64", "categorical"});
%! assert (g.distribution(1:3), "cat");
%! assert (size (g.next ([2 3])(:, 2)), [2 1]);

%!test # copies are the same sampler; parameters are the sampler's own
%! mean = [1 2 3];
%! s.c = {dgen_sampler("normal", mean, "seed", 1)};
%! h = s.c{1};
%! mean(1) = 100;
%! assert (h.next (10), dgen_normal (10, [1 2 3], "seed", 1));
%! assert (s.c{1}.position (), 10);

%!test # what it shows
%! g = dgen_sampler ("normal", "seed", 42);
%! g.next (10);
%! assert (! isempty (strfind (disp (g), "normal f64, seed 42, stream 0, at value 10")));
%! assert (evalc ("g"), ["g = " disp(g)]);
%! g.close ();
%! assert (! isempty (strfind (disp (g), "closed")));

%!error <distribution must be text> dgen_sampler ()
%!error <distribution must be text> dgen_sampler (1)
%!error <distribution must be one of uniform, normal> dgen_sampler ("gaussian")
%!error <distribution must be one whose values stand for themselves> dgen_sampler ("permutation", 5)
%!error <sd must be a finite number from 0 up, not -1> dgen_sampler ("normal", 0, -1)
%!error <"n" is not an option of normal> dgen_sampler ("normal", "n", 5)
%!error <options must be pairs> dgen_sampler ("normal", 0, 1, 2)
%!error <n must be a whole number> dgen_sampler ("normal").next (-1)
%!error <n must be a whole number> dgen_sampler ("normal").next ("1")
%!error <n must not go beyond value 2\^53> g = dgen_sampler ("normal", "offset", 2^53); g.next (1);
%!error <position must be a whole number> dgen_sampler ("normal").seek (2^53 + 2)
%!error <Invalid call to next> dgen_sampler ("normal").next ()
%!error <"rewind" is not a member of a sampler; the members are next,> dgen_sampler ("normal").rewind ()
%!error <a sampler has members> dgen_sampler ("normal")(1)
%!error <indexed assignment> g = dgen_sampler ("normal"); g.seed = 5;

%!test # closed
%! g = dgen_sampler ("normal");
%! h = g;
%! g.close ();
%! g.close ();
%! for member = {"next (1)", "position ()", "seek (0)", "reset ()", "seed", "distribution"}
%!   fail (["h." member{1} ";"], "^sampler is closed$");
%! endfor
%! [~, id] = lasterr ();
%! assert (id, "dgen:closed");
