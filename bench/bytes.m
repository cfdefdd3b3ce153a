% The first table's rows in Octave: dgen through its functions, and Octave's own ways. Lines and timing rule: measure.h.
%
%     bytes.m MODES SIZES RUNS      modes: about, oneshot, stream, native, overhead, rss
%
% native: rand scaled to 32-bit words and typecast, the fastest way found to random bytes, beside the obvious one,
% randi of class uint8, and rand's doubles as they are.

source (fullfile (fileparts (mfilename ("fullpath")), "measure.m"));

% Times one row, prints it, and returns the seconds of a call.
function once = measure (role, mode, what, bytes, runs, act)
  emit ("doing", "Octave", what, whole (bytes));
  [text, once] = times (act, runs, struct ("warm", 0.2, "batch", 0.02, "row", 2));
  emit ("row", role, mode, what, "Octave", whole (bytes), text);
endfunction

% Calls act (bytes), which needs dgen, for each size, or says for each why not.
function with_dgen (mode, what, sizes, act)
  for bytes = sizes
    if (isempty (failure ()))
      act (bytes);
    else
      emit ("skip", "dgen", mode, what, "Octave", whole (bytes), failure ());
    endif
  endfor
endfunction

function one_shot (bytes)
  x = dgen_generate (bytes);
endfunction

% The next so many bytes of an endless object, a chunk at a time.
function stream (generator, bytes)
  chunk = 32 * 2^20;
  for i = 1:floor (bytes / chunk)
    x = generator.next (chunk);
  endfor
  if (mod (bytes, chunk) > 0)
    x = generator.next (mod (bytes, chunk));
  endif
endfunction

function act = streamer (bytes)
  generator = dgen_generator ("size", 2^62);
  act = @() stream (generator, bytes);
endfunction

function measure_native (sizes, runs)
  ways = {"native", "rand words to uint8", @(n) typecast (uint32 (rand (n / 4, 1) * 4294967295), "uint8");
          "native", "randi uint8", @(n) randi ([0, 255], n, 1, "uint8");
          "values", "rand", @(n) rand (n / 8, 1)};
  skip_seconds = 5;
  for way = ways'
    rate = 0;   % seconds a byte at the size before
    for bytes = sizes
      expected = rate * bytes;
      if (expected > skip_seconds)
        emit ("skip", way{1}, "native", way{2}, "Octave", whole (bytes),
              sprintf ("not run: about %.0f s each", expected));
      else
        rate = measure (way{1}, "native", way{2}, bytes, runs, @() way{3} (bytes)) / bytes;
      endif
    endfor
  endfor
endfunction

function empty (n, varargin)
endfunction

% Seconds that a generate of few bytes costs over an empty function called in the same way: the least of each.
function measure_overhead (bytes, runs)
  call = bare = Inf;
  for run = 1:5 * runs
    call = min (call, time (@() dgen_generate (bytes, "seed", 42), 1000));
    bare = min (bare, time (@() empty (bytes, "seed", 42), 1000));
  endfor
  emit ("value", "Octave", "overhead", sprintf ("%.9g", call - bare));
endfunction

function bytes = peak_bytes ()
  kib = regexp (fileread ("/proc/self/status"), 'VmHWM:\s*(\d+)', "tokens", "once");
  bytes = str2double (kib{1}) * 1024;
endfunction

% How much streaming so many bytes adds to the peak of resident memory, the buffer included.
function measure_peak (bytes)
  before = peak_bytes ();
  act = streamer (bytes);
  act ();
  emit ("value", "Octave", "peak_growth", whole (peak_bytes () - before));
endfunction

arguments = argv ();
sizes = str2double (strsplit (arguments{2}, ","));
runs = str2double (arguments{3});
for mode = strsplit (arguments{1}, ",")
  switch (mode{1})
    case "about"
      emit ("about", "Octave", version ());
    case "oneshot"
      with_dgen ("oneshot", "dgen_generate", sizes,
                 @(bytes) measure ("dgen", "oneshot", "dgen_generate", bytes, runs, @() one_shot (bytes)));
    case "stream"
      with_dgen ("stream", "g.next", sizes,
                 @(bytes) measure ("dgen", "stream", "g.next", bytes, runs, streamer (bytes)));
    case "native"
      measure_native (sizes, runs);
    case "overhead"
      with_dgen ("overhead", "dgen_generate", sizes, @(bytes) measure_overhead (bytes, runs));
    case "rss"
      with_dgen ("rss", "g.next", sizes, @measure_peak);
  endswitch
endfor
