## One word of the arguments in a line of op_errors.tsv or random_errors.tsv: a cell of the arguments that it stands for.
## A vector is a column.

function list = operand (word)
  at = [find(word == "[", 1), 0](1);
  equals = [find(word == "=", 1), 0](1);
  if (equals)
    list = [{word(1:equals-1)}, operand(word(equals+1:end))];
  elseif (strcmp (word, "nil"))
    list = {};
  elseif (word(1) == '"')
    list = {word(2:end-1)};
  elseif (! at)
    list = {str2double(word)};
  else
    elements = strsplit (word(at+1:end-1), ",");
    values = zeros (0, 1);
    if (! isempty (elements{1}))
      values = str2double (elements');
    endif
    before = word(1:at-1);
    if (strcmp (before, "i64")) # digit by digit: a double would round
      values = int64 (0);
      for digit = elements{1} - "0"
        values = 10 * values + digit;
      endfor
    elseif (! isempty (before))
      values = reshape (values, sscanf (before, "%dx%d")');
    endif
    list = {values};
  endif
endfunction
