## The Octave host of the comparison of random values: random.m FILE FOLDER makes the call of each line of FILE, and writes
## the bytes of the result of line i to FOLDER/i.
1;

function x = argument (word)
  if (word(1) == '"')
    x = word(2:end-1);
  elseif (word(1) == "[")
    x = str2double (strsplit (word(2:end-1), ","));
  elseif (numel (word) > 15 && all (isdigit (word) | word == "-")) # digit by digit: a double would round
    sign = 1 - 2 * (word(1) == "-");
    x = int64 (0);
    for digit = word(isdigit (word)) - "0"
      x = 10 * x + sign * digit;
    endfor
  else
    x = str2double (word);
  endif
endfunction

## The arguments that words stand for.
function list = call_arguments (words)
  list = {};
  for word = words
    pair = regexp (word{1}, '^([a-z_0-9]+)=(.*)$', "tokens");
    if (isempty (pair))
      list{end+1} = argument (word{1});
    else
      list(end+1:end+2) = {pair{1}{1}, argument(pair{1}{2})};
    endif
  endfor
endfunction

function x = result (words)
  list = call_arguments (words(2:end));
  switch (words{1})
    case "normalize_rows"
      x = dgen_normalize_rows (result (words(2:end)));
    case "sampler"
      list = call_arguments (words(4:end));
      g = dgen_sampler (words{2}, list{:});
      pieces = arrayfun (@(n) g.next (n), argument (words{3}), "uniformoutput", false);
      g.seek (7);
      pieces{end+1} = g.next (10);
      g.reset ();
      pieces{end+1} = g.next (10);
      x = vertcat (pieces{:});
    otherwise
      x = feval (["dgen_" words{1}], list{:});
  endswitch
endfunction

lines = strsplit (strtrim (fileread (argv (){1})), "\n");
for i = 1:numel (lines)
  x = result (strsplit (lines{i}, " "));
  file = fopen (fullfile (argv (){2}, num2str (i)), "w");
  fwrite (file, x, class (x), 0, "ieee-le");
  fclose (file);
endfor
