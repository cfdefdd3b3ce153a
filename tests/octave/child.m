## Runs code in an Octave of its own, to its end: what it printed, errors included, and its exit status. A signal gives
## 128 and its number.

function [output, status] = child (code, environment = "")
  script = tempname ();
  fid = fopen (script, "w");
  fprintf (fid, "addpath ('%s');\n%s\n", fileparts (mfilename ("fullpath")), code);
  fclose (fid);
  unwind_protect
    [status, output] = system (sprintf ("%s octave-cli --no-history -qf '%s' 2>&1; exit $?", environment, script));
  unwind_protect_cleanup
    unlink (script);
  end_unwind_protect
endfunction
