## that (name, @() ...) runs a test, which fails by raising an error, and reports a failure; that () is [passed, failed].

function counts = that (name, f)
  persistent passed = 0 failed = 0;
  if (nargin == 0)
    counts = [passed, failed];
    return;
  elseif (ischar (f)) # counted elsewhere
    counts = sscanf (f, "%d passed, %d failed");
    passed += counts(1);
    failed += counts(2);
    return;
  endif
  try
    f ();
    passed++;
  catch failure
    failed++;
    printf ("FAILED %s: %s\n", name, failure.message(1:min (end, 1000)));
  end_try_catch
endfunction
