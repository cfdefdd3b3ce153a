## The message of the error that f () raises; "" if it raises none.

function message = raised (f)
  message = "";
  try
    f ();
  catch failure
    message = failure.message;
  end_try_catch
endfunction
