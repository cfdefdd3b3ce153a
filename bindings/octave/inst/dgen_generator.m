## -*- texinfo -*-
## @deftypefn  {} {@var{g} =} dgen_generator (@var{n})
## @deftypefnx {} {@var{g} =} dgen_generator (@var{n}, @var{name}, @var{value}, @dots{})
## Open a generator for an object of @var{n} bytes, to have it piece by piece.
##
## The options are those of @code{dgen_generate}, and @qcode{"chunk_size"},
## the bytes of a piece when @code{next} is not told: default 32 MiB.  The
## position starts at @qcode{"offset"}.
##
## @table @code
## @item x = g.next ()
## @itemx x = g.next (k)
## The next chunk, or the next @var{k} bytes, as a uint8 column; fewer at the
## end of the object, an error past it.  Chunks that you let go of give their
## memory to the ones that follow; a chunk you keep keeps its bytes.
## @item g.done ()
## True at the end of the object.
## @item g.position ()
## How many bytes of the object are behind.
## @item g.seek (k)
## Go on from byte @var{k}, counted from 0.
## @item g.reset ()
## Go back to where it started.
## @item g.set_seed (s)
## Use another seed from here on.
## @item @var{written} = g.write_file (path)
## @itemx @var{written} = g.write_file (path, "progress", f)
## Write what is left to a file.  Readers of @var{path} see the old file or
## the whole new one.  @code{f (done, total)} is called with byte counts now
## and then; if it returns false, or raises an error, nothing is written.
## @item g.close ()
## Close it before the last copy of @var{g} is cleared.
## @item g.size, g.seed, g.stream, g.chunk_size, @dots{}
## The options in use, and the seed that was drawn if none was given.  Seeds
## above 2^53 are text.
## @end table
##
## A generator is a handle: after @code{h = g}, both move together.
##
## @example
## @group
## g = dgen_generator (1e8, "seed", 42);
## total = 0;
## while (! g.done ())
##   x = g.next ();
##   total += numel (x);
## endwhile
## total
##   @result{} 100000000
## @end group
## @end example
## @seealso{dgen_generate, dgen_verify}
## @end deftypefn

function g = dgen_generator (varargin)
  g = __dgen__ ("generator", varargin{:});
endfunction

%!test # pieces of any length join to what one call gives
%! x = dgen_generate (5e6, "seed", 42, "dedup_ratio", 1.5);
%! for k = [999, 65536, 1234567, 5e6]
%!   g = dgen_generator (5e6, "seed", 42, "dedup_ratio", 1.5);
%!   y = {};
%!   while (! g.done ())
%!     y{end+1} = g.next (k);
%!   endwhile
%!   assert (isequal (vertcat (y{:}), x));
%!   assert (g.position (), 5e6);
%! endfor

%!test # chunk_size is what next () gives
%! g = dgen_generator (250, "chunk_size", 100);
%! assert (numel (g.next ()), 100);
%! assert (numel (g.next ()), 100);
%! assert (numel (g.next ()), 50);
%! assert (g.done ());

%!test # seek, reset, offset
%! x = dgen_generate (1e5, "seed", 9);
%! g = dgen_generator (1e5, "seed", 9, "offset", 1000);
%! assert (g.position (), 1000);
%! assert (g.next (10), x(1001:1010));
%! g.seek (5);
%! assert (g.next (10), x(6:15));
%! g.seek (1e5);
%! assert (g.done ());
%! g.reset ();
%! assert (g.position (), 1000);
%! assert (! g.done ());

%!test # another seed from the position on
%! g = dgen_generator (1000, "seed", 1);
%! g.next (100);
%! g.set_seed ("0xFFFFFFFFFFFFFFFF");
%! assert (g.position (), 100);
%! assert (g.seed, "0xFFFFFFFFFFFFFFFF");
%! x = dgen_generate (1000, "seed", intmax ("uint64"));
%! assert (isequal (g.next (900), x(101:end)));

%!test # the seed drawn is told
%! g = dgen_generator (1000);
%! assert (isequal (dgen_generate (1000, "seed", g.seed), g.next (1000)));

%!test # members that are options, and members of members
%! g = dgen_generator (1000, "seed", 3, "stream", 4, "codec", "lz4", "compress_ratio", 1.5);
%! assert ({g.size, g.seed, g.stream, g.codec, g.compress_ratio, g.chunk_size}, ...
%!         {1000, 3, 4, "lz4", 1.5, 2^25});
%! assert (g.codec(1:2), "lz");
%! x = dgen_generate (1000, "seed", 3, "stream", 4, "codec", "lz4", "compress_ratio", 1.5);
%! assert (g.next (10)(3), x(3));

%!test # copies are the same generator, in cells and structs too
%! g = dgen_generator (1000);
%! s.c = {g};
%! h = s.c{1};
%! h.next (10);
%! assert (g.position (), 10);
%! clear g h
%! assert (s.c{1}.position (), 10);
%! s.c{1}.close ();

%!test # what it shows
%! g = dgen_generator (1000, "seed", 42);
%! g.next (10);
%! assert (disp (g), evalc ("disp (g)"));
%! assert (! isempty (strfind (disp (g), "10 of 1000 bytes, seed 42")));
%! assert (evalc ("g"), ["g = " disp(g)]);
%! g.close ();
%! assert (! isempty (strfind (disp (g), "closed")));

%!test # a file
%! file = tempname ();
%! unwind_protect
%!   g = dgen_generator (3e6, "seed", 8, "dedup_ratio", 2);
%!   g.next (5);
%!   assert (g.write_file (file), 3e6 - 5);
%!   assert (g.done ());
%!   fid = fopen (file);
%!   y = fread (fid, Inf, "*uint8");
%!   fclose (fid);
%!   assert (isequal (y, dgen_generate (3e6, "seed", 8, "dedup_ratio", 2, "offset", 5)));
%! unwind_protect_cleanup
%!   unlink (file);
%! end_unwind_protect

%!function y = note (value)
%!  persistent seen = [];
%!  if (nargin > 0)
%!    seen(end+1,:) = value;
%!  endif
%!  y = seen;
%!endfunction

%!test # progress is told, in order, up to the whole
%! file = tempname ();
%! unwind_protect
%!   g = dgen_generator (1e8, "chunk_size", 2^24);
%!   g.write_file (file, "progress", @(done, total) note ([done, total]));
%!   seen = note ();
%!   assert (all (seen(:,2) == 1e8));
%!   assert (all (diff (seen(:,1)) >= 0));
%!   assert (seen(end,1), 1e8);
%! unwind_protect_cleanup
%!   unlink (file);
%! end_unwind_protect

%!function stop (done, total)
%!  error ("mine:id", "stopped by me");
%!endfunction

%!test # an error or false from progress stops it; the error is the user's own; no file is left
%! file = tempname ();
%! g = dgen_generator (1e8);
%! fail ("g.write_file (file, 'progress', @stop)", "^stopped by me$");
%! assert (g.position (), 0);
%! fail ("g.write_file (file, 'progress', @(done, total) false)");
%! assert (strfind (lasterr (), "stopped by me"), []);
%! assert (isempty (glob ([file "*"])));

%!error <size is missing> dgen_generator ()
%!error <chunk_size must be> dgen_generator (10, "chunk_size", 0)
%!error <offset must be> dgen_generator (10, "offset", 11)
%!error <generator is at its end> dgen_generator (0).next ()
%!error id=dgen:end dgen_generator (0).next ()
%!error <n must be a whole number> dgen_generator (10).next (-1)
%!error <n must be a whole number> dgen_generator (10).next ("1")
%!error <position must be a whole number> dgen_generator (10).seek (11)
%!error <position must be a whole number> dgen_generator (10).seek (0.5)
%!error <seed must be> dgen_generator (10).set_seed (-1)
%!error <Invalid call to seek> dgen_generator (10).seek ()
%!error <Invalid call to done> dgen_generator (10).done (1)
%!error <"rewind" is not a member> dgen_generator (10).rewind ()
%!error <path must be text> dgen_generator (10).write_file (1)
%!error <progress must be a function> dgen_generator (10).write_file ("/dev/null", "progress", 1)
%!error id=dgen:input-or-output-error dgen_generator (10).write_file ("/absent/file")
%!error <indexed assignment> g = dgen_generator (10); g.size = 5;

%!test # closed
%! g = dgen_generator (10);
%! h = g;
%! g.close ();
%! g.close ();
%! for member = {"next", "position", "reset", "done", "size", "seed"}
%!   fail (["h." member{1} " ();"], "^generator is closed$");
%! endfor
%! [~, id] = lasterr ();
%! assert (id, "dgen:closed");
