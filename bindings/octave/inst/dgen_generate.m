## -*- texinfo -*-
## @deftypefn  {} {@var{x} =} dgen_generate (@var{n})
## @deftypefnx {} {@var{x} =} dgen_generate (@var{n}, @var{name}, @var{value}, @dots{})
## Make @var{n} bytes of synthetic data, as a uint8 column.
##
## Byte k depends on the options below down to @qcode{"codec"} and on nothing
## else: not on the number of threads, the machine, or the host program.
##
## @table @asis
## @item @qcode{"seed"}
## 0 to 2^64-1: a number, a uint64, or text such as @qcode{"0xFFFF0000"}.
## Without it each call draws a fresh one.
##
## @item @qcode{"stream"}
## numbers independent streams of one seed, for ranks, files or workers: 0 to
## 2^64-1, default 0.
##
## @item @qcode{"dedup_ratio"}
## units of the object for each distinct unit, 1 to 1e6; default 1.
##
## @item @qcode{"block_size"}
## the unit of deduplication in bytes: a power of two from 512 to 16 MiB;
## default 65536.
##
## @item @qcode{"compress_ratio"}
## every aligned block of 4 KiB to 1 MiB, compressed alone, shrinks at least
## this much: 1 to 25; default 1.
##
## @item @qcode{"codec"}
## the compressors that the ratio is held for: @qcode{"any"} (default),
## @qcode{"lz4"}, @qcode{"zstd"}, @qcode{"lz4+zstd"} or @qcode{"zlib"}.
##
## @item @qcode{"offset"}
## leaves out the bytes before it: the result has @var{n} - offset bytes.
##
## @item @qcode{"max_threads"}
## how many threads to use at most.
##
## @item @qcode{"numa_mode"}, @qcode{"numa_node"}
## where to place the memory: @qcode{"auto"} (default), @qcode{"force"} or
## @qcode{"disabled"}; a node's number.
## @end table
##
## The result is not copied on its way to you.  Assigning to elements of a
## large one copies it first, as if another variable had it.  Memory of large
## results that you clear is reused by the next call; @code{dgen_pool_trim}
## gives it back to the system.
##
## @example
## @group
## x = dgen_generate (2^20, "seed", 42, "compress_ratio", 2);
## class (x), size (x)
##   @result{} uint8
##   @result{} 1048576         1
## @end group
## @end example
## @seealso{dgen_generator, dgen_verify, dgen_describe}
## @end deftypefn

function x = dgen_generate (varargin)
  x = __dgen__ ("generate", varargin{:});
endfunction

%!test # a column of just n bytes
%! for n = [0, 1, 15, 16, 17, 65535, 65536, 65537, 3e6]
%!   x = dgen_generate (n, "seed", 1);
%!   assert (class (x), "uint8");
%!   assert (size (x), [n, 1]);
%! endfor

%!test # one byte more or less changes no other, whichever way the memory came
%! x = dgen_generate (3e6, "seed", 7);
%! for n = [1, 1000, 65535, 65536, 1e6]
%!   assert (isequal (dgen_generate (n, "seed", 7), x(1:n)));
%! endfor

%!test # a seed in any of its forms
%! x = dgen_generate (100, "seed", 255);
%! assert (dgen_generate (100, "seed", "0xff"), x);
%! assert (dgen_generate (100, "seed", "255"), x);
%! assert (dgen_generate (100, "seed", uint64 (255)), x);
%! assert (dgen_generate (100, "seed", int8 (127)), dgen_generate (100, "seed", 127));
%! assert (dgen_generate (100, "seed", single (255)), x);
%! assert (dgen_generate (100, "seed", intmax ("uint64")), ...
%!         dgen_generate (100, "seed", "0xFFFFFFFFFFFFFFFF"));
%! assert (any (dgen_generate (100, "seed", 254) != x));
%! assert (any (dgen_generate (100, "seed", 255, "stream", 1) != x));

%!test # without a seed every call differs
%! assert (any (dgen_generate (100) != dgen_generate (100)));

%!test # an offset leaves out what is before it
%! x = dgen_generate (2e5, "seed", 7, "dedup_ratio", 2);
%! for k = [0, 1, 4095, 1e5, 199999, 2e5]
%!   assert (isequal (dgen_generate (2e5, "seed", 7, "dedup_ratio", 2, "offset", k), x(k+1:end)));
%! endfor

%!test # the number of distinct units
%! x = reshape (dgen_generate (4096*60, "seed", 3, "dedup_ratio", 4, "block_size", 4096), 4096, 60);
%! assert (rows (unique (x', "rows")), 15);

%!test # compressible, as Octave's own zlib sees it
%! file = tempname ();
%! unwind_protect
%!   fid = fopen (file, "w");
%!   fwrite (fid, dgen_generate (2^20, "seed", 5, "compress_ratio", 3));
%!   fclose (fid);
%!   gzip (file);
%!   packed = stat ([file ".gz"]).size;
%!   assert (2^20 / packed > 2.9 && 2^20 / packed < 4);
%! unwind_protect_cleanup
%!   unlink (file);
%!   unlink ([file ".gz"]);
%! end_unwind_protect

%!test # every argument as a name and a value
%! assert (dgen_generate ("size", 50, "seed", 1), dgen_generate (50, "seed", 1));

%!error <size is missing> dgen_generate ()
%!error <size must be> dgen_generate (-1)
%!error <size must be> dgen_generate (1.5)
%!error <size must be> dgen_generate (NaN)
%!error <size must be> dgen_generate ("a")
%!error <size must be> dgen_generate (true)
%!error <size must be> dgen_generate ([1 2])
%!error <size must be> dgen_generate ({1})
%!error <size must be> dgen_generate (1i)
%!error <size must be> dgen_generate (sparse (1))
%!error <there is no memory for 1099511627776 bytes> dgen_generate (2^40)
%!error <seed must be> dgen_generate (1, "seed", -1)
%!error <seed must be> dgen_generate (1, "seed", true)
%!error <seed must be> dgen_generate (1, "seed", "42\0")
%!error <"Seed" is not an option> dgen_generate (1, "Seed", 1)
%!error <options must be pairs of a name and a value> dgen_generate (1, "seed")
%!error <options must be pairs of a name and a value> dgen_generate (1, 2, 3)
%!error id=dgen:invalid-argument dgen_generate (-1)
%!error id=dgen:wrong-type dgen_generate ("a")
%!error id=dgen:out-of-memory dgen_generate (2^40)
