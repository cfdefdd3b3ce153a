## What only a process of its own can show: its peak memory, its end, its answer to Ctrl-C.

function test_processes (here)
  that ("a one-shot of 500 MiB is one allocation", @one_allocation);
  that ("random values are one allocation", @random_allocation);
  that ("streaming 4 GiB takes a chunk or two", @streaming_memory);
  that ("memory that runs out is an error", @out_of_memory);
  that ("100 exits with everything alive end well", @exits);
  that ("leaving from within write_file is safe", @leave_while_writing);
  ways = {"generate 4 GiB", "dgen_generate (2^32, 'seed', 1);"
          "generate 4 GiB, compressible", "dgen_generate (2^32, 'compress_ratio', 2, 'dedup_ratio', 2);"
          "generate 4 GiB on one thread", "dgen_generate (2^32, 'max_threads', 1);"
          "g.next", "g.next (2^32);"
          "chunks", "while (! g.done ()) x = g.next (); end"
          "small pieces", "while (true) x = g.next (4096); end"
          "verify", "while (true) dgen_verify (x, 'seed', 1); end"
          "an operation", "while (true) dgen_mish (z); end"
          "an operation on one thread", "while (true) dgen_pow (z, z, 'max_threads', 1); end"
          "a reduction of other types", "while (true) dgen_logsumexp (x); end"
          "random values", "while (true) dgen_normal (1e8, 'type', 'single'); end"
          "random values on one thread", "while (true) dgen_gamma (1e8, 2, 'max_threads', 1); end"
          "a sampler", "s = dgen_sampler ('poisson', 50, 'type', 'uint8'); while (true) s.next (5e8); end"
          "a permutation", "while (true) dgen_permutation (5e7); end"
          "another engine", "while (true) dgen_uniform (1e8, 'engine', 'octave'); end"
          "unit vectors", "while (true) dgen_unit_vectors (1e5, 512); end"
          "quantization", "while (true) dgen_quantize (z); end"
          "quantization on one thread", "while (true) dgen_quantize (z, 'bits', 4, 'search', 'mse', 'max_threads', 1); end"
          "a large tensor", "while (true) dgen_quantize (reshape (z, 2^13, []), 'axis', 'tensor'); end"
          "dequantization", "q = dgen_quantize (z, 'bits', 2); while (true) dgen_dequantize (q, 'double'); end"
          "a batch", "while (true) dgen_quantize_batch ({z, z, z(1:1000)}); end"
          "a batch of small layers", "c = num2cell (reshape (z(1:2^22), 2^10, []), 1); while (true) dgen_quantize_batch (c); end"
          "a batch with progress", "while (true) dgen_quantize_batch ({z, z, z(1:1000)}, 'progress', @(d, t) 0); end"
          "choosing bits", "while (true) dgen_choose_bits ({z, z}, 'budget', 1e8); end"
          "write_file to nowhere", "g.write_file ('/dev/null');"
          "write_file", "g.write_file (path);"
          "write_file with progress", "g.write_file (path, 'progress', @(done, total) 0);"};
  for way = ways'
    that (["Ctrl-C: " way{1}], @() interrupt (way{:}));
  endfor
endfunction

## The bytes by which code raises the peak memory of an Octave that has called the package once.
function grown = peak (code)
  [output, status] = child (["dgen_version (); start = status_bytes ('VmRSS');\n" code "\nprintf ('%d', status_bytes ('VmHWM') - start);"]);
  assert (status, 0, output);
  grown = str2double (output);
endfunction

function one_allocation ()
  n = 500 * 2^20;
  for code = {"x = dgen_generate (500 * 2^20, 'seed', 1);", ...
              "g = dgen_generator (500 * 2^20, 'seed', 1); x = g.next (g.size);", ...
              "dgen_pool_cap (0); x = dgen_generate (500 * 2^20, 'seed', 1);"}
    grown = peak (code{1});
    assert (grown > 0.95 * n && grown <= 1.05 * n, "%s: peak memory grew by %.3f of the bytes made", code{1}, grown / n);
  endfor
endfunction

function random_allocation ()
  calls = {"dgen_normal (5e7)", 4e8; "dgen_exponential (5e7, 'type', 'single')", 2e8
           "dgen_integers ([5e4 1e4], 0, 255, 'type', 'uint8')", 5e8; "dgen_integers (5e7, 0, 2^40)", 4e8
           "dgen_sampler ('poisson', 5).next (5e7)", 2e8; "dgen_unit_vectors (1e5, 1000)", 4e8};
  for call = calls'
    for before = {"", "dgen_pool_cap (0); "}
      grown = peak ([before{1} "x = " call{1} ";"]);
      assert (grown > 0.95 * call{2} && grown < 1.05 * call{2}, "%s: peak memory grew by %.3f of the bytes made", ...
              call{1}, grown / call{2});
    endfor
  endfor
endfunction

function streaming_memory ()
  grown = peak ("g = dgen_generator (2^32, 'seed', 1); while (! g.done ()) x = g.next (); end");
  assert (grown < 2^25 * 3, "peak memory grew by %d bytes", grown);
endfunction

function out_of_memory ()
  [output, status] = child (["kept = {};\n" ...
                             "try, while (true) kept{end+1} = dgen_generate (2^29); end, catch e, disp (e.message); end\n" ...
                             "disp (e.identifier); clear kept; printf ('%d\\n', numel (dgen_generate (2^29)));"], ...
                            "DGEN_NUM_THREADS=1 OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1; ulimit -v 3000000;");
  assert (output, "size: there is no memory for 536870912 bytes\ndgen:out-of-memory\n536870912\n");
  assert (status, 0);
endfunction

## Both lanes of a pair of shells leave Octave in each of some ways.
function exits ()
  alive = ["global x c; x = dgen_generate (2^22 + 1); c = {x(10:20), dgen_generate(10), dgen_generator(2^30)};" ...
           "g = c{3}; y = g.next (2^20); f = @() y; h = onCleanup (@() dgen_generate (2^20)); atexit ('dgen_version');"];
  ways = {"", "exit", "quit (0, 'force')", "clear x, exit (0)", "dgen_generate (2^25); exit"};
  loop = "for i in 1 2 3 4 5 6 7 8 9 10; do octave-cli --no-history -qf --eval \"$1\" || echo status $?; done";
  for way = ways
    command = sprintf ("lane() { %s; }; (lane \"$1\") & lane \"$1\"; wait", loop);
    [status, output] = system (sprintf ("sh -c '%s' lane \"%s\" 2>&1", strrep (command, "'", "'\\''"), [alive way{1}]));
    assert ({output, status}, {"", 0}, way{1});
  endfor
endfunction

function leave_while_writing ()
  path = tempname ();
  unwind_protect
    fid = fopen (path, "w");
    fputs (fid, "old");
    fclose (fid);
    [output, status] = child (sprintf ("g = dgen_generator (2^28); g.write_file ('%s', 'progress', @(d, t) exit (3));", path));
    assert ({output, status}, {"", 3});
    assert (fileread (path), "old");
    assert (numel (glob ([path "*"])), 1);
  unwind_protect_cleanup
    unlink (path);
  end_unwind_protect
endfunction

## Starts code in a session that reads its commands from a pipe, sends Ctrl-C in the middle, and wants the code cut short
## and the session, and what it holds, as good as before.
function interrupt (name, code)
  path = tempname ();
  script = tempname ();
  fid = fopen (script, "w");
  fprintf (fid, "g = dgen_generator (2^50, 'seed', 1, 'compress_ratio', 1.5); path = '%s';\n", path);
  fputs (fid, "x = dgen_generate (2^28, 'seed', 1); z = ones (2^26, 1, 'single');\n");
  ## fgetl waits for the character after the line's end, to see whether the file ends there.
  fprintf (fid, "printf ('ready\\n.'), fflush (stdout); unwind_protect\n%s\ndisp ('not cut short')\n", code);
  fputs (fid, "unwind_protect_cleanup, printf ('%.6f\\n', time ()); end_unwind_protect\n");
  fputs (fid, "y = dgen_generate (1e6, 'seed', 5); g.seek (0);\n");
  fputs (fid, "disp ([dgen_verify(y, 'seed', 5).ok, numel(g.next (10)), isempty(glob ([path '*']))])\n");
  fclose (fid);
  unwind_protect
    pipe = popen (sprintf ("echo $$; exec octave-cli --no-history -qf < '%s' 2>&1", script), "r");
    process = str2double (fgetl (pipe));
    assert (fgetl (pipe), "ready");
    pause (0.1);
    sent = time ();
    kill (process, SIG.INT);
    rest = fread (pipe, Inf, "char=>char")';
    assert (pclose (pipe), 0, rest);
    answered = regexp (rest, '^\.\s*(\d+\.\d+)\s+1 +10 +1\s*$', "tokens");
    assert (! isempty (answered), "%s", rest);
    printf ("Ctrl-C to answer, %s: %.0f ms\n", name, (str2double (answered{1}{1}) - sent) * 1000);
  unwind_protect_cleanup
    unlink (script);
  end_unwind_protect
endfunction
