## Misuse: the messages of tests/errors.tsv word for word, an error's form, and that failing calls leave nothing behind.

function test_errors (here)
  lines = strsplit (fileread (fullfile (here, "errors.tsv")), "\n");
  lines = lines(! cellfun (@(line) isempty (line) || line(1) == "#", lines));
  that ("errors.tsv has lines", @() assert (numel (lines) > 40));
  calls = cell (size (lines));
  for i = 1:numel (lines)
    [calls{i}, wanted] = call_of (lines{i});
    that (["errors.tsv: " lines{i}], @() assert (raised (calls{i}), wanted));
  endfor
  that ("an error names its kind, and no function before the message", @form);
  that ("10,000 failing calls leave nothing behind", @() nothing_left (calls));
endfunction

## The call that a line of errors.tsv describes, and the message it must raise.
function [call, wanted] = call_of (line)
  persistent x = dgen_generate (1000, "seed", 1) nodes = dgen_system_info ().nodes;
  fields = strsplit (line, "\t");
  switch (fields{3})
    case "nan"  value = NaN;
    case "inf"  value = Inf;
    case "true" value = true;
    otherwise
      value = str2double (fields{3});
      if (fields{3}(1) == '"')
        value = fields{3}(2:end-1);
      endif
  endswitch
  options = {"size", 1000, "seed", 1, fields{2}, value}; # a later option replaces an earlier
  switch (fields{1})
    case "generate"  call = @() dgen_generate (options{:});
    case "generator" call = @() dgen_generator (options{:});
    case "verify"    call = @() dgen_verify (x, options{:});
  endswitch
  wanted = strrep (fields{4}, "{last_node}", num2str (nodes - 1));
endfunction

function form ()
  try
    dgen_generate (-1);
  catch e
    assert (e.identifier, "dgen:invalid-argument");
    assert (e.message, lasterr ());
    assert (e.stack(1).name, "dgen_generate");
  end_try_catch
  assert (strtrim (evalc ("try, dgen_generate (-1), catch, disp (lasterr ()), end")), e.message);
  g = dgen_generator (0);
  try
    g.next ();
  catch e
    assert (e.identifier, "dgen:end");
  end_try_catch
endfunction

function nothing_left (calls)
  g = dgen_generator (1e6, "seed", 1);
  h = dgen_generator (10);
  h.close ();
  calls(end+(1:5)) = {@() g.seek (2e6), @() g.next (-1), @() h.next (), @() g.write_file ("/absent/file"), ...
                      @() g.write_file ("/dev/full")};
  for round = 1:12000
    if (round == 2000)
      before = status_bytes ("VmRSS");
    endif
    assert (! isempty (raised (calls{1+mod(round, end)})));
  endfor
  grown = status_bytes ("VmRSS") - before;
  assert (grown < 2^20, "memory grew by %d bytes", grown);
endfunction
