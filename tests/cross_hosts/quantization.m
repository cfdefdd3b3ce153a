## The Octave host of quantization in tests/cross_hosts.sh: quantization.m CALLS FOLDER makes the call of each line of CALLS and
## writes what it gave to FOLDER/i, as quantization.lua says.
1;

function x = number (text)
  switch (text)
    case "nan"  x = NaN;
    case "inf"  x = Inf;
    case "-inf" x = -Inf;
    otherwise   x = str2double (text);
  endswitch
endfunction

function x = matrix (text)
  rows = cellfun (@(row) cellfun (@number, strsplit (row, ",")), strsplit (text, ";"), "uniformoutput", false);
  x = vertcat (rows{:});
endfunction

function x = argument (word)
  made = regexp (word, '^([a-z]+):(\w+):(\d+):([\dx]+)$', "tokens");
  if (any (strcmp (word, {"true", "false"})))
    x = strcmp (word, "true");
  elseif (word(1) == "[")
    x = matrix (word(2:end-1));
  elseif (word(1) == '"')
    x = word(2:end-1);
  elseif (isempty (made))
    x = number (word);
  else
    [distribution, type, seed, dims] = made{1}{:};
    x = feval (["dgen_" distribution], str2double (strsplit (dims, "x")), "type", type, "seed", str2double (seed));
  endif
endfunction

function arrays = list (word)
  arrays = cellfun (@argument, strsplit (word, "+"), "uniformoutput", false);
endfunction

function pairs = rules (text)
  pairs = regexp (strsplit (text, ","), '^(.*):(\d+)$', "tokens");
  pairs = vertcat (cellfun (@(pair) pair{1}, pairs, "uniformoutput", false){:});
  pairs(:, 2) = num2cell (str2double (pairs(:, 2)));
endfunction

## The words of a call: those by position, and the options.
function [words, options] = call_of (line)
  [words, options] = deal ({});
  for word = strsplit (line, " ")
    pair = regexp (word{1}, '^([a-z_]+)=(.*)$', "tokens");
    if (isempty (pair))
      words(end+1) = word;
    else
      [name, value] = pair{1}{:};
      switch (name)
        case "names" value = strsplit (value, ",");
        case "rules" value = rules (value);
        otherwise    value = argument (value);
      endswitch
      options(end+(1:2)) = {name, value};
    endif
  endfor
endfunction

function put_array (file, name, x)
  fprintf (file, "%s %d\n", name, sizeof (x));
  fwrite (file, x, class (x), 0, "ieee-le");
  fprintf (file, "\n");
endfunction

function put_numbers (file, name, x)
  words = strsplit (strtrim (sprintf ("%.17g ", x)), " ");
  fprintf (file, "%s %s\n", name, lower (strjoin (words, " ")));
endfunction

## Fields of a struct; those of `arrays` as arrays whatever they are. A vector's shape is one number.
function put_fields (file, value, names, arrays = {})
  for name = strsplit (names, " ")
    if (! isfield (value, name{1}))
      continue;
    endif
    x = value.(name{1});
    if (any (strcmp (name{1}, arrays)))
      put_array (file, name{1}, x);
    elseif (ischar (x))
      fprintf (file, "%s %s\n", name{1}, x);
    elseif (strcmp (name{1}, "shape") && numel (x) == 2 && any (x == 1))
      put_numbers (file, name{1}, prod (x));
    else
      put_numbers (file, name{1}, x);
    endif
  endfor
endfunction

function put_quantized (file, q)
  put_fields (file, q, "codes scale zero bits scheme range axis group shape", {"codes", "scale", "zero"});
  put_fields (file, q.error, "max rmse snr_db cosine clipped nonfinite");
endfunction

function act (file, name, words, options)
  switch (name)
    case "quantize"
      q = dgen_quantize (argument (words{1}), options{:});
      put_quantized (file, q);
      put_array (file, "values", dgen_dequantize (q));
      put_array (file, "unpacked", dgen_unpack (q));
    case "dequantize"
      put_array (file, "values", dgen_dequantize (dgen_quantize (argument (words{2}), options{:}), words{1}));
    case "repack"
      p = dgen_repack (dgen_quantize (argument (words{2}), options{:}), words{1});
      put_fields (file, p, "packing bits group shape codes scale zero", {"codes", "scale", "zero"});
      put_quantized (file, dgen_repack (p, "dgen"));
    case "batch"
      cellfun (@(q) put_quantized (file, q), dgen_quantize_batch (list (words{1}), options{:}));
    case "equalize"
      e = dgen_equalize (argument (words{1}), argument (words{2}), number (words{3}), options{:});
      put_fields (file, e, "w x scale inverse", fieldnames (e));
    case "activation_table"
      table = dgen_activation_table (argument (words{1}), number (words{2}), words{3}, options{:});
      put_fields (file, table, "timestep group scale zero bits groups method smoothing narrowed noise noise_single", ...
                  {"timestep", "group", "scale", "zero"});
    case "activations"
      table = dgen_activation_table (argument (words{3}), 2);
      put_quantized (file, dgen_quantize_activations (argument (words{1}), argument (words{2}), table, options{:}));
    case "choose_bits"
      put_fields (file, dgen_choose_bits (list (words{1}), options{:}), "bits size rmse snr_db");
  endswitch
endfunction

lines = strsplit (strtrim (fileread (argv (){1})), "\n");
for i = 1:numel (lines)
  [words, options] = call_of (lines{i});
  file = fopen (fullfile (argv (){2}, num2str (i)), "w");
  act (file, words{1}, words(2:end), options);
  fclose (file);
endfor
