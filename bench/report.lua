-- Statistics of runs, a table of text, and JSON in a fixed order with a row a line, so that two files can be compared.

local cjson = require "cjson"
local report = {}

function report.median(values)
  local sorted = table.move(values, 1, #values, 1, {})
  table.sort(sorted)
  local middle = #sorted // 2
  return #sorted % 2 == 1 and sorted[middle + 1] or (sorted[middle] + sorted[middle + 1]) / 2
end

--- n, median, minimum, and the median absolute deviation from the median.
function report.statistics(times)
  local median, deviations = report.median(times), {}
  for i, time in ipairs(times) do deviations[i] = math.abs(time - median) end
  return { n = #times, median = median, min = math.min(table.unpack(times)), mad = report.median(deviations) }
end

--- Seconds with three digits and a unit.
function report.seconds(seconds)
  for _, unit in ipairs { { 1, "s" }, { 1e-3, "ms" }, { 1e-6, "us" } } do
    if seconds >= unit[1] then return ("%.3g %s"):format(seconds / unit[1], unit[2]) end
  end
  return ("%.3g ns"):format(seconds * 1e9)
end

--- A ratio or a rate with three digits, never in powers of ten.
function report.number(x)
  if not x then return "-" end
  if x < 0 then return "-" .. report.number(-x) end
  return x >= 100 and ("%.0f"):format(x) or x >= 10 and ("%.1f"):format(x) or x >= 1 and ("%.2f"):format(x)
    or x >= 0.01 and ("%.3f"):format(x) or ("%.5f"):format(x)
end

--- Prints rows of cells under a head; the columns named in `left` stand to the left. An empty row is a blank line; the
--- last cell of a row that `runs_on` stands for all cells from there to the end of its line.
function report.table(head, rows, left)
  local widths = {}
  for c, title in ipairs(head) do widths[c] = #title end
  for _, row in ipairs(rows) do
    for c, cell in ipairs(row) do
      if not (row.runs_on and c == #row) then widths[c] = math.max(widths[c], #cell) end
    end
  end
  local function line(row)
    local cells = {}
    for c, cell in ipairs(row) do
      local space = (" "):rep(widths[c] - #cell)
      cells[c] = (left[head[c]] or row.runs_on and c == #row) and cell .. space or space .. cell
    end
    print((table.concat(cells, "  "):gsub("%s+$", "")))
  end
  line(head)
  local total = 0
  for _, width in ipairs(widths) do total = total + width + 2 end
  print(("-"):rep(total - 2))
  for _, row in ipairs(rows) do line(row) end
end

--- Pairs of name and value as one line of JSON; pairs without a value are left out.
local function json_object(pairs_in_order)
  local parts = {}
  for _, pair in ipairs(pairs_in_order) do
    if pair[2] ~= nil then parts[#parts + 1] = cjson.encode(pair[1]) .. ": " .. cjson.encode(pair[2]) end
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

--- Writes {"machine": {...}, "rows": [...]}. Both hold pairs of name and value in order.
function report.write_json(path, machine, rows)
  local lines = {}
  for i, row in ipairs(rows) do lines[i] = "    " .. json_object(row) end
  local file = assert(io.open(path, "w"))
  file:write('{\n  "machine": ', json_object(machine), ',\n  "rows": [\n', table.concat(lines, ",\n"), "\n  ]\n}\n")
  file:close()
end

return report
