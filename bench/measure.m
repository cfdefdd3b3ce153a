% How a row is timed in Octave, and the lines in which it is told: the rule and the lines are those of measure.h.

1;

function emit (varargin)
  printf ("%s\n", strjoin (varargin, "\t"));
  fflush (stdout);
endfunction

function text = whole (x)
  text = sprintf ("%.0f", x);
endfunction

function seconds = time (act, calls)
  start = tic ();
  for i = 1:calls
    act ();
  endfor
  seconds = toc (start) / calls;
endfunction

% Calls act for so many seconds, at least once; the least time of a call.
function least = warm (act, seconds)
  start = tic ();
  least = Inf;
  do
    least = min (least, time (act, 1));
  until (toc (start) >= seconds)
endfunction

% The times of a call in at most `runs` batches as text, and the least time of the warm-up. pace: seconds of the
% warm-up, of a batch, and of all.
function [text, once] = times (act, runs, pace)
  values = once = warm (act, pace.warm);
  if (once < pace.row)
    runs = max (1, min (runs, floor (pace.row / once)));
    calls = floor (pace.batch / max (once, 1e-6)) + 1;
    values = arrayfun (@(run) time (act, calls), 1:runs);
  endif
  text = strtrim (sprintf ("%.9g ", values));
endfunction

% Why dgen cannot be used here, or "".
function reason = failure ()
  persistent found = [];
  if (isempty (found))
    try
      dgen_version ();
      found = struct ("reason", "");
    catch problem
      found = struct ("reason", strtok (problem.message, "\n"));
    end_try_catch
  endif
  reason = found.reason;
endfunction
