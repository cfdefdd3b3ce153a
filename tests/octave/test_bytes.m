## The bytes against the format re-implemented in plain Lua (tests/stream.lua), and what Octave does with the arrays.

function test_bytes (here)
  seeds = {"0", "42", "0xFFFFFFFFFFFFFFFF"};
  for i = 1:3
    that (["the stream's bytes, seed " seeds{i}], @() stream_bytes (here, seeds{i}));
  endfor
  that ("the bytes of an object with duplicates", @() deduplicated_bytes (here));
  that ("arrays of any size are of their class and shape", @native);
  that ("writing to an array changes no other", @copy_on_write);
  that ("what verify and describe are given stays as it is", @inputs_stay);
endfunction

## What tests/stream.lua returns for a call of it.
function x = oracle (here, call)
  file = tempname ();
  unwind_protect
    program = sprintf ("package.path = '%s/?.lua' io.write((require 'stream').%s)", here, call);
    assert (system (sprintf ("lua5.4 -e \"%s\" > '%s'", program, file)), 0);
    fid = fopen (file);
    x = fread (fid, Inf, "*uint8");
    fclose (fid);
  unwind_protect_cleanup
    unlink (file);
  end_unwind_protect
endfunction

function stream_bytes (here, seed)
  for offset = [0, 5, 2^40 + 3]
    x = oracle (here, sprintf ("bytes(%s, 7, %d, 20000)", seed, offset));
    options = {"seed", seed, "stream", 7};
    same (dgen_generate (offset + 20000, options{:}, "offset", offset), x);
    g = dgen_generator (offset + 20000, options{:});
    g.seek (offset + 100);
    same (g.next (1000), x(101:1100));
    r = dgen_verify (x, options{:}, "size", offset + 20000, "offset", offset);
    assert ([r.ok, r.checked], [1, 20000]);
  endfor
endfunction

function deduplicated_bytes (here)
  x = oracle (here, "deduplicated(42, 1, 200000, 2.5, 4096, 0, 200000)");
  options = {"seed", 42, "stream", 1, "dedup_ratio", 2.5, "block_size", 4096};
  same (dgen_generate (200000, options{:}), x);
  assert (dgen_verify (x, options{:}).ok);
  same (dgen_generator (200000, options{:}).next (150000), x(1:150000));
endfunction

function native ()
  for n = [0, 1, 2, 65535, 65536, 2^20, 2^23 + 1]
    x = dgen_generate (n, "seed", 1);
    assert ({class(x), size(x), numel(typecast (x, "uint8"))}, {"uint8", [n, 1], n});
    assert (dgen_generator (n + 1, "seed", 1).next (n), x);
    y = x;
    assert (isequal (x, y) && isequal ([x; uint8(1)](1:n,1), x));
    assert (sum (double (x)), sum (double (y')));
  endfor
endfunction

function y = changed (y)
  y(1) = 3;
endfunction

function copy_on_write ()
  for n = [100, 2^20]
    x = dgen_generate (n, "seed", 1);
    x(1) = 7;
    y = x;
    y(1) = 3;
    z = changed (x);
    c = {x};
    c{1}(1) = 4;
    s.x = x;
    s.x(1) = 5;
    part = x(1:50);
    part(1) = 6;
    t = reshape (x, 2, []);
    t(1) = 8;
    assert ([x(1), y(1), z(1), c{1}(1), s.x(1), part(1), t(1)], uint8 ([7, 3, 3, 4, 5, 6, 8]));
    same (x(2:end), dgen_generate (n, "seed", 1)(2:end));
  endfor
endfunction

function inputs_stay ()
  for n = [100, 2^20]
    x = dgen_generate (n, "seed", 1);
    alias = x;
    before = hash ("md5", char (x'));
    dgen_verify (x, "seed", 2);
    dgen_describe (x);
    assert (hash ("md5", char (alias')), before);
  endfor
endfunction
