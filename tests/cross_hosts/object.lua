-- The Lua host of tests/cross_hosts.sh: object.lua write FOLDER, object.lua verify FOLDER FROM.
local dgen = require "dgen"
local act, folder, from = table.unpack(arg)

for line in io.lines(folder .. "/configurations") do
    local name, rest = line:match("^(%S+)%s*(.*)$")
    local options = {}
    for option, value in rest:gmatch("(%S+)=(%S+)") do
        options[option] = not value:find("^0x") and tonumber(value) or value
    end
    if act == "write" then
        dgen.generator(options):write_file(folder .. "/lua/" .. name)
    else
        local file = assert(io.open(folder .. "/" .. from .. "/" .. name, "rb"))
        local x = dgen.buffer(options.size - (options.offset or 0))
        assert(x:read(file) == #x and not file:read(1), name .. " is not as long as its object")
        file:close()
        local report = dgen.verify(x, options)
        print(report.ok and "ok " .. name or "bad " .. name .. " " .. report.first_bad)
    end
end
