## Fails where two arrays part, in one line; assert would list every difference of a large one.

function same (x, wanted)
  if (! isequal (class (x), class (wanted)) || ! isequal (size (x), size (wanted)))
    error ("%s %s, not %s %s", class (x), mat2str (size (x)), class (wanted), mat2str (size (wanted)));
  endif
  at = find (x(:) != wanted(:), 1);
  if (! isempty (at))
    error ("the arrays part at %d", at);
  endif
endfunction
