## -*- texinfo -*-
## @deftypefn {} {@var{list} =} dgen_distributions ()
## Tell what distributions there are random values of: each is a function,
## @code{dgen_} and its name.
##
## The struct array @var{list} has
##
## @table @code
## @item name
## such as @qcode{"normal"}, for @code{dgen_normal}
## @item kind
## @qcode{"real"}: double (default) or single values;
## @qcode{"whole"}: whole numbers, int32 by default;
## @qcode{"index"}: positions in a list, counted from 1;
## @qcode{"order"}: positions of which none is twice;
## @qcode{"rows"}: rows of a matrix, single by default
## @item parameters, defaults, legal
## their names, values where they may be left out, else NaN, and what they
## must be
## @item summary, method
## what it is, and how it is drawn, after whom
## @end table
##
## A function is called with how many values there shall be, a number, for a
## column, or up to four dimensions; then its parameters, in their order or
## by name; then options by name.  Of the kinds @qcode{"order"} and
## @qcode{"rows"} the parameters tell how many.  A parameter may be an array,
## of which value k takes element k, from the first on again after the last.
##
## Value k depends on the seed, the stream, the distribution, the parameters
## of value k, the class and k alone: not on the number of threads, the
## machine, or how many values are asked for at a time.  The same call in Lua
## and R gives the same values.  Distributions share no random bits, so those
## of one seed are independent of each other.  Bad parameters are errors.
##
## @example
## @group
## x = dgen_normal (1000, 10, 2, "seed", 1);
## y = dgen_normal (500, "mean", 10, "sd", 2, "seed", 1, "offset", 500);
## isequal (x(501:1000), y)
##   @result{} 1
## u = dgen_uniform ([100, 3], "type", "single");
## dice = dgen_integers (10, 1, 6, "type", "uint8");
## @end group
## @end example
## @seealso{dgen_sampler, dgen_normalize_rows, dgen_threads}
## @end deftypefn

function list = dgen_distributions (varargin)
  list = __dgen__ ("distributions", varargin{:});
endfunction

%!test # each is a function that answers as the example of its help says
%! for distribution = dgen_distributions ()'
%!   name = ["dgen_" distribution.name];
%!   [text, format] = get_help_text (name);
%!   assert (format, "texinfo");
%!   said = [{distribution.summary, distribution.method, "max_threads"}, distribution.parameters, distribution.legal];
%!   for part = said
%!     assert (! isempty (strfind (text, part{1})), true, [name ": " part{1}]);
%!   endfor
%!   [shown, status] = __makeinfo__ (text, "plain text");
%!   assert (status, 0);
%!   lines = regexp (text, '@group\n(.*)\n *@result{} (.*?)\n@end group', "tokens"){1};
%!   x = eval (lines{1});
%!   assert (sprintf ("%.5g   ", x(1:min (end, 8))), [lines{2} "   "], name);
%! endfor

%!test # names
%! list = dgen_distributions ();
%! assert (columns (list), 1);
%! assert (numel (unique ({list.name})), numel (list));
%! assert (unique ({list.kind}), {"index", "order", "real", "rows", "whole"});
%! gamma = list(strcmp ({list.name}, "gamma"));
%! assert ({gamma.parameters, gamma.defaults}, {{"shape", "rate"}, [NaN, 1]});

%!error <Invalid call to dgen_distributions> dgen_distributions (1)
