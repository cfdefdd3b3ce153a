## Who holds which memory: nothing is copied, what is let go is used again, and what is held never changes.

function test_memory (here)
  folder = tempname ();
  mkdir (folder);
  unwind_protect
    mkoctfile ("--mex", "-o", fullfile (folder, "address.mex"), fullfile (here, "octave", "address.c"));
    addpath (folder);
    that ("results are aligned, and not copied", @no_copy);
    that ("memory that is let go is used again", @reuse);
    that ("chunks that are held never change", @held);
    that ("results in cells, structs and globals live as long as they", @members);
    that ("clear all leaves everything working", @clear_all);
    that ("very many results at once", @many);
    that ("results past the pool's cap are Octave's own", @past_the_cap);
    that ("results of operations are aligned, and not copied", @operations_no_copy);
    that ("memory of operations' results is used again, and takes no new pages", @operations_reuse);
    that ("results of operations that are held never change", @operations_held);
    that ("random values are aligned, and not copied", @random_no_copy);
    that ("memory of random values is used again, and takes no new pages", @random_reuse);
    that ("random values that are held never change", @random_held);
    rmpath (folder);
  unwind_protect_cleanup
    confirm_recursive_rmdir (false, "local");
    rmdir (folder, "s");
  end_unwind_protect
endfunction

function no_copy ()
  for n = [2, 1000, 65535, 65536, 2^20, 2^24]
    x = dgen_generate (n, "seed", 1);
    assert (mod (address (x), 64), 0);
    assert (mod (address (dgen_generator (n).next (n)), 64), 0);
    y = x;
    assert (address (y), address (x));
  endfor
  assert (address (x(11:50)), address (x) + 10);
  assert (address (dgen_copy (x(11:50))) != address (x) + 10);
  x = dgen_generate (2^27, "seed", 1);
  start = status_bytes ("VmRSS");
  y = reshape (x, 2, []);
  dgen_verify (y, "seed", 1);
  dgen_describe (y);
  assert (status_bytes ("VmRSS") - start < 2^23);
endfunction

function reuse ()
  for n = [2^17, 2^20, 2^25]
    g = dgen_generator (2^40, "chunk_size", n);
    seen = [];
    for k = 1:50
      x = g.next ();
      seen(end+1) = address (x);
    endfor
    assert (numel (unique (seen)) <= 3);
    clear x
    assert (any (address (dgen_generate (n)) == seen));
  endfor
endfunction

function text = digest (x)
  text = hash ("md5", char (x(:)'));
endfunction

function held ()
  g = dgen_generator (2^40, "seed", 1, "chunk_size", 2^18);
  a = g.next ();
  b = {g.next()};
  c.d = g.next ()(1001:2000); # a piece shares the memory
  e = reshape (g.next (), 2^9, []);
  h = g.next ();
  keep = @() h;               # a closure's variable
  clear h
  before = {digest(a), digest(b{1}), digest(c.d), digest(e), digest(keep ())};
  for k = 1:50
    x = g.next ();
    y = dgen_generate (2^18);
  endfor
  assert ({digest(a), digest(b{1}), digest(c.d), digest(e), digest(keep ())}, before);
  same (a, dgen_generate (2^18, "seed", 1));
  same (c.d, dgen_generate (2^20, "seed", 1)(2*2^18 + (1001:2000)));
  assert (dgen_verify (x, "seed", 1, "size", 2^40, "offset", 54 * 2^18).ok);
endfunction

function members ()
  global dgen_test_global
  s = struct ("list", {{dgen_generate(2^18, "seed", 1), dgen_generate(10, "seed", 1)}});
  s(2).list = dgen_generate (2^19, "seed", 2);
  dgen_test_global = dgen_generate (2^18, "seed", 3);
  for k = 1:20
    dgen_generate (2^18 + k);
  endfor
  t = s;
  clear s
  assert (dgen_verify (t(1).list{1}, "seed", 1).ok && dgen_verify (t(1).list{2}, "seed", 1).ok);
  assert (dgen_verify (t(2).list, "seed", 2).ok);
  assert (dgen_verify (dgen_test_global, "seed", 3).ok);
  clear -global dgen_test_global
endfunction

function clear_all ()
  [output, status] = child (["x = dgen_generate (2^22, 'seed', 1); c = {x(5:10), dgen_generate(10)};\n" ...
                             "g = dgen_generator (2^30, 'seed', 2); y = g.next (2^20); f = @() y;\n" ...
                             "for k = 1:20, clear functions, z = g.next (2^20); end\n" ...
                             "assert (dgen_verify (f (), 'seed', 2).ok);\n" ...
                             "clear all; x = dgen_generate (2^22, 'seed', 1); assert (dgen_verify (x, 'seed', 1).ok);\n" ...
                             "clear all; clear -all; g = dgen_generator (9); g.next (); clear g; disp (dgen_version ());"]);
  assert ({strtrim(output), status}, {dgen_version(), 0});
endfunction

function many ()
  start = status_bytes ("VmRSS");
  for round = 1:2
    kept = cell (1, 3000);
    for k = 1:3000
      kept{k} = dgen_generate (2^16, "seed", k);
    endfor
    for k = [1, 1500, 3000]
      assert (dgen_verify (kept{k}, "seed", k).ok);
    endfor
  endfor
  clear kept
  dgen_pool_trim ();
  assert (status_bytes ("VmRSS") - start < 2^26);
endfunction

function past_the_cap ()
  before = dgen_pool_cap ();
  unwind_protect
    dgen_pool_cap (2^22);
    dgen_pool_trim ();
    start = status_bytes ("VmRSS");
    kept = dgen_generate (2^22, "seed", 1); # all that may be pinned
    x = dgen_generate (2^27, "seed", 2);
    assert (status_bytes ("VmRSS") - start > 2^27);
    assert (dgen_verify (x, "seed", 2).ok);
    clear x
    assert (status_bytes ("VmRSS") - start < 2^24);
    assert (dgen_verify (kept, "seed", 1).ok);
  unwind_protect_cleanup
    dgen_pool_cap (before);
  end_unwind_protect
endfunction

function operations_no_copy ()
  for n = [2, 1000, 8191, 8192, 2^20]
    for type = {"single", "double"}
      x = ones (n, 1, type{1});
      y = dgen_neg (x);
      z = y;
      assert ([mod(address (y), 64), address(z) - address(y)], [0 0]);
    endfor
  endfor
  x = zeros (2^13, 2^12);
  dgen_sum (x);
  start = status_bytes ("VmHWM");
  dgen_sum (x);
  dgen_dot (x, x(:, 1:end));
  dgen_max (reshape (x, 2^12, []));
  assert (status_bytes ("VmHWM") - start < 2^23);
  y = dgen_neg (x);
  assert (status_bytes ("VmHWM") - start < 1.1 * 2^28);
endfunction

function operations_reuse ()
  for type = {"single", "double"}
    x = ones (1e6, 1, type{1});
    seen = [];
    for k = 1:200
      if (k == 100)
        faults = getrusage ().minflt;
      endif
      y = dgen_exp (x);
      seen(end+1) = address (y);
    endfor
    faults = getrusage ().minflt - faults;
    assert (faults < 50, "%d page faults of 101 results", faults);
    assert (numel (unique (seen)) <= 3);
  endfor
endfunction

function operations_held ()
  x = reshape (sin (1:2^18), 2^9, []);
  a = dgen_neg (x);
  b = {dgen_square(x)};
  c.d = dgen_neg (single (x))(1001:2000); # a piece shares the memory
  sums = @() cellfun (@(x) digest (typecast (x(:), "uint8")), {a, b{1}, c.d}, "uniformoutput", false);
  before = sums ();
  for k = 1:50
    y = dgen_exp (x);
    z = dgen_exp (single (x));
    g = dgen_generate (2^20);
  endfor
  assert (sums (), before);
  same (a, -x);
  a(1) = 5; # of this variable alone
  same (dgen_neg (x), -x);
endfunction

## Calls that give n values of each class.
function calls = random_calls ()
  g = dgen_sampler ("exponential");
  calls = {@(n) dgen_uniform(n), @(n) dgen_uniform(n, "type", "single"), @(n) dgen_integers(n, 1, 6), ...
           @(n) dgen_integers(n, 0, 255, "type", "uint8"), @(n) dgen_integers(n, 0, 2^40), @(n) g.next(n), ...
           @(n) dgen_permutation(n)};
endfunction

function random_no_copy ()
  for call = random_calls ()
    for n = [2, 1000, 8191, 8192, 65535, 65536, 2^20]
      x = call{1} (n);
      y = x;
      assert ([mod(address (x), 64), address(y) - address(x)], [0 0]);
    endfor
  endfor
  mean = zeros (2^24, 1);
  dgen_normal (2^10, mean, 1); # reads them, to check
  start = status_bytes ("VmHWM");
  x = dgen_normal (2^10, mean, 1);
  g = dgen_integers (2^10, mean, int64 (5));
  assert (status_bytes ("VmHWM") - start < 2^23);
endfunction

function random_reuse ()
  for call = random_calls ()
    seen = [];
    for k = 1:200
      if (k == 100)
        faults = getrusage ().minflt;
      endif
      x = call{1} (1e6);
      seen(end+1) = address (x);
    endfor
    faults = getrusage ().minflt - faults;
    assert (faults < 100, "%d page faults of 101 results of %s", faults, func2str (call{1}));
    assert (numel (unique (seen)) <= 3);
  endfor
endfunction

function random_held ()
  calls = random_calls ();
  values = cellfun (@(call) call (2^17), calls, "uniformoutput", false);
  sums = @() cellfun (@(x) digest (typecast (x, "uint8")), values, "uniformoutput", false);
  before = sums ();
  for k = 1:20
    for call = calls
      x = call{1} (2^17);
      x(1) = 7; # of this variable alone
    endfor
  endfor
  assert (sums (), before);
endfunction
