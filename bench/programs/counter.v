// A counter with an arithmetic unit behind it: small, but it takes every pass of a synthesis.
module alu(input [15:0] a, input [15:0] b, input [2:0] op, output reg [15:0] y);
    always @* begin
        case (op)
            3'd0: y = a + b;
            3'd1: y = a - b;
            3'd2: y = a & b;
            3'd3: y = a | b;
            3'd4: y = a ^ b;
            3'd5: y = a << b[3:0];
            3'd6: y = a >> b[3:0];
            default: y = a * b;
        endcase
    end
endmodule

module counter(input clk, input reset, input enable, input [2:0] op, input [15:0] step, output [15:0] out);
    reg [15:0] value;
    reg [15:0] memory [0:31];
    reg [4:0] at;
    wire [15:0] next;
    alu unit(.a(value), .b(step ^ memory[at]), .op(op), .y(next));
    always @(posedge clk) begin
        if (reset) begin
            value <= 0;
            at <= 0;
        end else if (enable) begin
            value <= next;
            memory[at] <= value;
            at <= at + 1;
        end
    end
    assign out = value;
endmodule
