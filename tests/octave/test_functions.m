## What stands beside each function: its %! blocks, and the example of its help, which must run as it is printed.

function test_functions (here)
  folder = fileparts (which ("dgen_generate"));
  for file = glob (fullfile (folder, "dgen_*.m"))'
    [~, name] = fileparts (file{1});
    log = tempname ();
    [passed, count] = test (name, "quiet", log);
    if (passed < count)
      disp (fileread (log));
    endif
    unlink (log);
    that (name, sprintf ("%d passed, %d failed", passed, count - passed));
    that (["the help of " name], @() run_help (name));
  endfor
  that ("there are all functions", @() assert (numel (glob (fullfile (folder, "dgen_*.m"))), 25));
endfunction

function run_help (name)
  [text, format] = get_help_text (name);
  assert (format, "texinfo");
  assert (! isempty (strfind (text, ["@deftypefn"])) && ! isempty (strfind (text, name)));
  examples = regexp (text, "@example\n(.*?)@end example", "tokens");
  assert (! isempty (examples));
  for example = examples
    code = regexprep (example{1}{1}, "@(end )?group\n|[^\n]*@result[^\n]*\n", "");
    evalc (regexprep (code, "@([@{}])", "$1"));
  endfor
endfunction
