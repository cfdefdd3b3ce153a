## The Octave host of tests/cross_hosts.sh: object.m write FOLDER, object.m verify FOLDER FROM.
arguments = argv ();
folder = arguments{2};
for line = strsplit (strtrim (fileread (fullfile (folder, "configurations"))), "\n")
  words = strsplit (line{1}, " ");
  name = words{1};
  options = {};
  given = struct ("offset", 0);
  for word = words(2:end)
    pair = strsplit (word{1}, "=");
    value = str2double (pair{2});
    if (isnan (value) || strncmp (pair{2}, "0x", 2))
      value = pair{2};
    endif
    given.(pair{1}) = value;
    if (! strcmp (pair{1}, "size"))
      options(end+1:end+2) = {pair{1}, value};
    endif
  endfor
  if (strcmp (arguments{1}, "write"))
    g = dgen_generator (given.size, options{:});
    g.write_file (fullfile (folder, "octave", name));
    g.close ();
  else
    file = fopen (fullfile (folder, arguments{3}, name), "r");
    x = fread (file, Inf, "uint8=>uint8");
    fclose (file);
    assert (numel (x), given.size - given.offset);
    report = dgen_verify (x, "size", given.size, options{:});
    if (report.ok)
      printf ("ok %s\n", name);
    else
      printf ("bad %s %d\n", name, report.first_bad);
    endif
  endif
endfor
