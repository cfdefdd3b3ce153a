## A number of bytes from /proc/self/status, such as status_bytes ("VmRSS").

function bytes = status_bytes (field)
  text = fileread ("/proc/self/status");
  bytes = str2double (regexp (text, [field ":\\s*(\\d+)"], "tokens", "once"){1}) * 1024;
endfunction
