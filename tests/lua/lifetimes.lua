-- Who keeps memory alive, and for how long: views, close, the collector, errors in the middle.
local check = require "check"
local dgen = require "dgen"
local test, equal = check.test, check.equal

test("a view outlives its parent, closed or collected", function()
    local parent = dgen.generate { size = 2 ^ 20, seed = 1 }
    local wanted = parent:tostring(1000, 2000)
    local view = parent:slice(1000, 2000)
    local view_of_view, shaped = view:slice(2, 4), view:reshape(7, 143)
    local row, column = shaped:row(3), shaped:column(2)
    local row_wanted = row:tostring()
    parent:close()
    for _ = 1, 4 do dgen.generate({ size = 2 ^ 20, seed = 2 }):close() end -- would take the memory, were it free
    equal(view:tostring(), wanted)
    view:close()
    collectgarbage()
    dgen.generate { size = 2 ^ 20, seed = 3 }
    equal(view_of_view:tostring(), wanted:sub(2, 4))
    equal(shaped:tostring(), wanted)
    shaped:close()
    collectgarbage()
    dgen.generate { size = 2 ^ 20, seed = 4 }
    equal(column:tostring(), wanted:sub(8, 14))
    equal(row:tostring(), row_wanted)
    equal(row_wanted:sub(1, 2), wanted:sub(3, 3) .. wanted:sub(10, 10))
end)

test("views and parents in any order, 20,000 random steps", function()
    local random = math.random
    math.randomseed(20261121)
    local arrays, contents = {}, {}
    local function add(x, text)
        arrays[#arrays + 1] = x
        contents[#contents + 1] = text
    end
    for step = 1, 20000 do
        local k = random(math.max(#arrays, 1))
        local x, text, action = arrays[k], contents[k], random(8)
        if not x or (action <= 2 and #arrays < 50) then
            local size = random(3) == 1 and 65536 + random(4) * 4096 or random(300)
            x = dgen.generate { size = size, seed = step }
            add(x, x:tostring())
        elseif action == 3 then
            local i, j = random(#x), random(#x)
            if i <= j then add(x:slice(i, j), text:sub(i, j)) end
        elseif action == 4 then
            add(x:reshape(#x, 1), text)
        elseif action == 5 then
            add(x:copy(), text)
        elseif action == 6 then
            x:close()
            table.remove(arrays, k)
            table.remove(contents, k)
        elseif action == 7 then
            table.remove(arrays, k)
            table.remove(contents, k)
        elseif random(20) == 1 then
            collectgarbage(random(2) == 1 and "collect" or "step")
        end
        if arrays[k] then equal(arrays[k]:tostring(), contents[k]) end
    end
    for k, x in ipairs(arrays) do equal(x:tostring(), contents[k]) end
end)

test("<close> and close give memory back at once, the collector in time", function()
    dgen.pool_trim()
    local function idle() return dgen.system_info().pool_bytes end
    do
        local x <close> = dgen.generate { size = 2 ^ 20, seed = 1 }
        local view <close> = x:slice(1, 10)
        equal(idle(), 0)
    end
    equal(idle() >= 2 ^ 20, true)
    dgen.pool_trim()
    local x = dgen.generate { size = 2 ^ 20, seed = 1 }
    x = nil
    collectgarbage()
    equal(idle() >= 2 ^ 20, true)
    do
        local g <close> = dgen.generator { size = 10 }
        equal(g:done(), false)
    end
    collectgarbage()
end)

test("finalizers called by hand, twice, or after close do no harm", function()
    local x, g = dgen.array({ 1, 2, 3 }), dgen.generator { size = 10 }
    for _, object in ipairs { x, g } do
        local finalize = debug.getmetatable(object).__gc
        finalize(object)
        finalize(object)
        object:close()
        equal(pcall(finalize, 1), false)
        equal(pcall(finalize, io.stdout), false)
    end
end)

test("chunks keep their generator and buffer alive", function()
    local iterate = dgen.generator({ size = 1000, seed = 1, chunk_size = 100 }):chunks()
    local pieces = {}
    for x in iterate do
        collectgarbage()
        pieces[#pieces + 1] = x:tostring()
    end
    equal(table.concat(pieces) == dgen.generate({ size = 1000, seed = 1 }):tostring(), true)
end)

test("10,000 failing calls of each kind leave nothing behind", function()
    local closed, x, g = dgen.array(1), dgen.buffer(1000), dgen.generator { size = 10, seed = 1 }
    closed:close()
    local full = assert(io.open("/dev/full", "wb"))
    full:setvbuf("no")
    local kinds = {
        function() dgen.generate { size = -1 } end,
        function() dgen.generate { size = 2 ^ 62 } end,
        function() dgen.generator { size = 10, sized = 1 } end,
        function() dgen.generator { size = 10, offset = 11 } end,
        function() dgen.fill(x, { size = 10, seed = 1 }) end,
        function() dgen.buffer(2 ^ 62) end,
        function() dgen.buffers(3, 2 ^ 62) end,
        function() dgen.array({ 1, 2, {} }, "u8") end,
        function() dgen.array({ 1, 2, 3 }, "f8") end,
        function() dgen.verify(x, { size = 10, seed = 1 }) end,
        function() dgen.describe(x, { block_size = 1 }) end,
        function() closed:slice() end,
        function() x:reshape(3) end,
        function() dgen.array({ 300 }):astype("u8") end,
        function() g:seek(11) end,
        function() g:set_seed("x") end,
        function() g:seek(10):next() end,
        function() g:write_file("/nonexistent/directory/file") end,
        function() assert(x:write(full)) end,
    }
    check.leaves_nothing("calls", kinds, 300)
    full:close()
end)
