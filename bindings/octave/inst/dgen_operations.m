## -*- texinfo -*-
## @deftypefn {} {@var{list} =} dgen_operations ()
## Tell what vector operations there are: each is a function, @code{dgen_} and
## its name.
##
## The struct array @var{list} has
##
## @table @code
## @item name
## such as @qcode{"exp"}, for @code{dgen_exp}
## @item kind
## @qcode{"elementwise"}: from arrays to an array; @qcode{"normalization"}:
## from an array to an array, by way of the whole; @qcode{"reduction"}: from
## arrays to a number
## @item arguments, defaults
## their names, and values where they may be left out, else NaN
## @item formula, summary
## what it computes
## @item error_f32, error_f64
## bounds of the error in single and double precision: in units in the last
## place (ULP); of reductions, in 2^-24 and 2^-53 of the sum of the terms'
## magnitudes
## @end table
##
## Arrays are single or double, of any dimensions, and the result is of the
## same class and dimensions.  Integers and logicals become double, and single
## does beside double.  Arrays in one call are of the same dimensions; where
## there are several, a number may stand for all but one, and takes the class
## of the arrays.  A reduction takes all elements and returns a double;
## positions count from 1, column by column.
##
## The bits of a result depend on the values alone, not on the number of
## threads, the machine, or where in an array an element stands.
##
## Options are pairs of a name and a value after the arguments:
##
## @table @asis
## @item @qcode{"nan"}
## with @qcode{"propagate"}, the default, a NaN makes the result NaN; with
## @qcode{"ignore"} it is left out of a reduction, and @code{dgen_minimum} and
## @code{dgen_maximum} take the other argument.
##
## @item @qcode{"max_threads"}
## how many threads to use at most.
## @end table
##
## @example
## @group
## dgen_operations ()(1).name
##   @result{} add
## x = single ([-1, 0, NaN]);
## dgen_exp (x);
## dgen_clamp (x, -0.5, 0.5);
## dgen_sum (x, "nan", "ignore")
##   @result{} -1
## @end group
## @end example
## @seealso{dgen_threads}
## @end deftypefn

function list = dgen_operations (varargin)
  list = __dgen__ ("operations", varargin{:});
endfunction

%!test # each is a function that answers as the example of its help says
%! for operation = dgen_operations ()'
%!   name = ["dgen_" operation.name];
%!   [text, format] = get_help_text (name);
%!   assert (format, "texinfo");
%!   for part = {operation.formula, operation.summary(2:end), "max_threads"}
%!     assert (! isempty (strfind (text, part{1})), true, [name ": " part{1}]);
%!   endfor
%!   lines = regexp (text, '@group\n(.*)\n *@result{} (.*?)\n@end group', "tokens"){1};
%!   assert (sprintf ("%.5g   ", eval (lines{1})), [lines{2} "   "], name);
%! endfor

%!test # names
%! list = dgen_operations ();
%! assert (columns (list), 1);
%! assert (numel (unique ({list.name})), numel (list));
%! assert (unique ({list.kind}), {"elementwise", "normalization", "reduction"});
%! slope = list(strcmp ({list.name}, "leaky_relu"));
%! assert ({slope.arguments, slope.defaults}, {{"x", "slope"}, [NaN, 0.01]});

%!error <Invalid call to dgen_operations> dgen_operations (1)
