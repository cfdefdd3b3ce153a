## -*- texinfo -*-
## @deftypefn  {} {@var{report} =} dgen_verify (@var{x}, @var{name}, @var{value}, @dots{})
## Compare the bytes of @var{x} with those of an object, without a copy.
##
## @var{x} is any real, full array: its memory is taken as it lies, so a
## double counts eight bytes.  The options are those of @code{dgen_generate}
## that the object was made with, its whole @qcode{"size"}, and the
## @qcode{"offset"} in it of the piece in hand.  Without @qcode{"size"} the
## object ends with the piece.
##
## The struct @var{report} has
##
## @table @code
## @item ok
## true if every byte is right
## @item checked
## how many bytes were compared
## @item bad_bytes
## how many differ
## @item first_bad
## the index of the first that differs
## @item class
## what is wrong there: @qcode{"bit flip"}, @qcode{"zeroed"},
## @qcode{"misplaced"}, @qcode{"stale seed"}, @qcode{"truncated"} or
## @qcode{"unknown"}
## @item from
## for misplaced bytes, the offset in the object where they belong
## @end table
##
## @noindent
## @code{first_bad} and @code{class} are absent if all is well, @code{from}
## unless bytes are misplaced.
##
## @example
## @group
## x = dgen_generate (1e6, "seed", 42);
## x(1000) = bitxor (x(1000), 1);
## dgen_verify (x, "seed", 42).first_bad
##   @result{} 1000
## @end group
## @end example
## @seealso{dgen_generate, dgen_describe}
## @end deftypefn

function report = dgen_verify (varargin)
  report = __dgen__ ("verify", varargin{:});
endfunction

%!test # right bytes
%! x = dgen_generate (3e5, "seed", 1);
%! r = dgen_verify (x, "seed", 1);
%! assert ({r.ok, r.checked, r.bad_bytes}, {true, 3e5, 0});
%! assert (! isfield (r, "first_bad") && ! isfield (r, "class"));
%! assert (dgen_verify (zeros (0, 1, "uint8"), "seed", 1).ok);

%!test # one bit
%! x = dgen_generate (3e5, "seed", 1);
%! x(200000) = bitxor (x(200000), 16);
%! r = dgen_verify (x, "seed", 1);
%! assert ({r.ok, r.bad_bytes, r.first_bad, r.class}, {false, 1, 200000, "bit flip"});

%!test # other damage
%! x = dgen_generate (2^20, "seed", 1);
%! y = x;
%! y(8193:12288) = 0;
%! assert (dgen_verify (y, "seed", 1).class, "zeroed");
%! y = x;
%! y(500001:end) = 0;
%! r = dgen_verify (y, "seed", 1);
%! assert (r.class, "truncated");
%! assert (abs (r.first_bad - 500001) < 16);
%! y = x;
%! y(65537:131072) = x(1:65536);
%! r = dgen_verify (y, "seed", 1);
%! assert ({r.class, r.first_bad, r.from}, {"misplaced", 65537, 0});
%! assert (dgen_verify (dgen_generate (2^20, "seed", 0), "seed", 1).class, "stale seed");

%!test # a piece, of an object with duplicates that compresses
%! options = {"seed", 4, "dedup_ratio", 3, "compress_ratio", 2, "block_size", 4096};
%! x = dgen_generate (2^20, options{:});
%! for k = [0, 1, 4096, 700000]
%!   y = x(k+1:min (k + 300000, end));
%!   assert (dgen_verify (y, options{:}, "size", 2^20, "offset", k).ok);
%!   y(100) = bitcmp (y(100));
%!   r = dgen_verify (y, options{:}, "size", 2^20, "offset", k);
%!   assert ([r.bad_bytes, r.first_bad], [1, 100]);
%! endfor

%!test # any array is the bytes of its memory
%! x = dgen_generate (800, "seed", 2);
%! for type = {"int8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "single", "double", "char"}
%!   assert (dgen_verify (typecast (x, type{1}), "seed", 2).ok, true, type{1});
%! endfor
%! assert (dgen_verify (reshape (x, 20, 40), "seed", 2).ok);
%! assert (dgen_verify (x(101:300), "seed", 2, "size", 800, "offset", 100).ok);
%! assert (dgen_verify (x(1), "seed", 2).checked, 1);
%! assert (dgen_verify (true (1, 5), "seed", 2).checked, 5);
%! assert (dgen_verify (1:4, "seed", 2).checked, 32);

%!error <x must be a real, full array> dgen_verify ()
%!error <x must be a real, full array> dgen_verify ({1}, "seed", 1)
%!error <x must be a real, full array> dgen_verify (1i, "seed", 1)
%!error <x must be a real, full array> dgen_verify (sparse (1), "seed", 1)
%!error <x must be a real, full array> dgen_verify (struct (), "seed", 1)
%!error <offset> dgen_verify (uint8 (1:5), "seed", 1, "size", 4)
%!error <"speed" is not an option> dgen_verify (uint8 (1:5), "speed", 4)
