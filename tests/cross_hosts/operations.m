## The Octave host of the comparison of operations: operations.m FILE writes the bytes of every operation's result, in the
## order of the registry, of doubles and then of singles; a number is written as a double.
k = (0:999)';
x = (mod (k * 37, 1000) - 500) / 16;
y = (mod (k * 61, 997) - 300) / 32;
t = mod (k * 7, 64) / 64;
given = struct ("factor", 2.5, "min", -1, "max", 1); # of the numbers that have no default
file = fopen (argv (){1}, "w");
for type = {"double", "single"}
  arrays = {cast(x, type{1}), cast(y, type{1}), cast(t, type{1})};
  for operation = dgen_operations ()'
    values = arrays(1:sum (ismember (operation.arguments, {"x", "y", "z", "t"})));
    for name = operation.arguments(numel (values)+1:end)
      if (isfield (given, name{1}))
        values{end+1} = given.(name{1});
      endif
    endfor
    result = feval (["dgen_" operation.name], values{:});
    fwrite (file, result, class (result), 0, "ieee-le");
  endfor
endfor
fclose (file);
