//! The op list: the one place that names every IR op, its operands and its shape.
//!
//! [`for_each_op!`](crate::for_each_op) hands the whole list to a macro; the enum [`Op`], the table of
//! [`OpInfo`], the printer, the verifier and the engines' dispatch all derive from it.

use crate::types::Class;

/// Calls a macro with the op list.
///
/// Each row is `shape Name "text" dst a b traps;`. `dst`, `a` and `b` are the [`Class`] of the operand in that
/// field of the instruction word, `No` where the field holds no operand. What follows the word depends on the
/// shape: see [`Shape`]. `traps` is `yes` where the op can trap or call; such ops have a row in the function's
/// table of source offsets.
#[macro_export]
macro_rules! for_each_op {
    ($mac:ident) => {
        $mac! {
            // Moves. `CONST` and `FAR` operands reach values that a 14-bit operand cannot name.
            unary CopyI32 "copy.i32" I32 I32 No no;
            unary CopyI64 "copy.i64" I64 I64 No no;
            unary CopyF32 "copy.f32" F32 F32 No no;
            unary CopyF64 "copy.f64" F64 F64 No no;
            unary CopyV128 "copy.v128" V128 V128 No no;
            unary CopyRef "copy.ref" Ref Ref No no;
            wide_const Const64 "const64" I64 No No no;
            wide_const Const128 "const128" V128 No No no;
            far_get FarGet64 "far_get.64" I64 No No no;
            far_get FarGet128 "far_get.128" V128 No No no;
            far_get FarGetRef "far_get.ref" Ref No No no;
            far_set FarSet64 "far_set.64" No I64 No no;
            far_set FarSet128 "far_set.128" No V128 No no;
            far_set FarSetRef "far_set.ref" No Ref No no;
            move_range MoveRange "move_range" No No No no;
            // Control.
            label Label "label" No No No no;
            loop_header Loop "loop" No No No no;
            jump Br "br" No No No no;
            branch BrIf "br_if" No No No no;
            branch BrUnless "br_unless" No No No no;
            br_table BrTable "br_table" No I32 No no;
            ret Return "return" No No No no;
            trap Unreachable "unreachable" No No No yes;
            select SelectI32 "select.i32" I32 I32 I32 no;
            select SelectI64 "select.i64" I64 I64 I64 no;
            select SelectF32 "select.f32" F32 F32 F32 no;
            select SelectF64 "select.f64" F64 F64 F64 no;
            select SelectV128 "select.v128" V128 V128 V128 no;
            select SelectRef "select.ref" Ref Ref Ref no;
            // Calls.
            call Call "call" No No No yes;
            call_indirect CallIndirect "call_indirect" No No No yes;
            call ReturnCall "return_call" No No No yes;
            call_indirect ReturnCallIndirect "return_call_indirect" No No No yes;
            // Instrumentation.
            fuel Fuel "fuel" No No No yes;
            fuel_bulk FuelBulk "fuel_bulk" No Addr No yes;
            check Interrupt "interrupt" No No No yes;
            // Globals, tables, memories, references.
            global_get GlobalGetI32 "global.get.i32" I32 No No no;
            global_get GlobalGetI64 "global.get.i64" I64 No No no;
            global_get GlobalGetF32 "global.get.f32" F32 No No no;
            global_get GlobalGetF64 "global.get.f64" F64 No No no;
            global_get GlobalGetV128 "global.get.v128" V128 No No no;
            global_get GlobalGetRef "global.get.ref" Ref No No no;
            global_set GlobalSetI32 "global.set.i32" No I32 No no;
            global_set GlobalSetI64 "global.set.i64" No I64 No no;
            global_set GlobalSetF32 "global.set.f32" No F32 No no;
            global_set GlobalSetF64 "global.set.f64" No F64 No no;
            global_set GlobalSetV128 "global.set.v128" No V128 No no;
            global_set GlobalSetRef "global.set.ref" No Ref No no;
            indexed TableGet "table.get" Ref Addr No yes;
            indexed TableSet "table.set" No Addr Ref yes;
            indexed TableSize "table.size" Addr No No no;
            indexed TableGrow "table.grow" Addr Ref Addr no;
            bulk TableFill "table.fill" Addr Ref Addr yes;
            bulk TableCopy "table.copy" Addr Addr Addr yes;
            bulk TableInit "table.init" Addr I32 I32 yes;
            indexed ElemDrop "elem.drop" No No No no;
            indexed MemorySize "memory.size" Addr No No no;
            indexed MemoryGrow "memory.grow" Addr Addr No no;
            bulk MemoryFill "memory.fill" Addr I32 Addr yes;
            bulk MemoryCopy "memory.copy" Addr Addr Addr yes;
            bulk MemoryInit "memory.init" Addr I32 I32 yes;
            indexed DataDrop "data.drop" No No No no;
            indexed RefFunc "ref.func" Ref No No no;
            unary RefIsNull "ref.is_null" I32 Ref No no;
            // Loads and stores.
            load I32Load "i32.load" I32 Addr No yes;
            load I32Load8S "i32.load8_s" I32 Addr No yes;
            load I32Load8U "i32.load8_u" I32 Addr No yes;
            load I32Load16S "i32.load16_s" I32 Addr No yes;
            load I32Load16U "i32.load16_u" I32 Addr No yes;
            load I64Load "i64.load" I64 Addr No yes;
            load I64Load8S "i64.load8_s" I64 Addr No yes;
            load I64Load8U "i64.load8_u" I64 Addr No yes;
            load I64Load16S "i64.load16_s" I64 Addr No yes;
            load I64Load16U "i64.load16_u" I64 Addr No yes;
            load I64Load32S "i64.load32_s" I64 Addr No yes;
            load I64Load32U "i64.load32_u" I64 Addr No yes;
            load F32Load "f32.load" F32 Addr No yes;
            load F64Load "f64.load" F64 Addr No yes;
            load V128Load "v128.load" V128 Addr No yes;
            load V128Load8x8S "v128.load8x8_s" V128 Addr No yes;
            load V128Load8x8U "v128.load8x8_u" V128 Addr No yes;
            load V128Load16x4S "v128.load16x4_s" V128 Addr No yes;
            load V128Load16x4U "v128.load16x4_u" V128 Addr No yes;
            load V128Load32x2S "v128.load32x2_s" V128 Addr No yes;
            load V128Load32x2U "v128.load32x2_u" V128 Addr No yes;
            load V128Load8Splat "v128.load8_splat" V128 Addr No yes;
            load V128Load16Splat "v128.load16_splat" V128 Addr No yes;
            load V128Load32Splat "v128.load32_splat" V128 Addr No yes;
            load V128Load64Splat "v128.load64_splat" V128 Addr No yes;
            load V128Load32Zero "v128.load32_zero" V128 Addr No yes;
            load V128Load64Zero "v128.load64_zero" V128 Addr No yes;
            store I32Store "i32.store" No Addr I32 yes;
            store I32Store8 "i32.store8" No Addr I32 yes;
            store I32Store16 "i32.store16" No Addr I32 yes;
            store I64Store "i64.store" No Addr I64 yes;
            store I64Store8 "i64.store8" No Addr I64 yes;
            store I64Store16 "i64.store16" No Addr I64 yes;
            store I64Store32 "i64.store32" No Addr I64 yes;
            store F32Store "f32.store" No Addr F32 yes;
            store F64Store "f64.store" No Addr F64 yes;
            store V128Store "v128.store" No Addr V128 yes;
            load_lane V128Load8Lane "v128.load8_lane" V128 Addr V128 yes;
            load_lane V128Load16Lane "v128.load16_lane" V128 Addr V128 yes;
            load_lane V128Load32Lane "v128.load32_lane" V128 Addr V128 yes;
            load_lane V128Load64Lane "v128.load64_lane" V128 Addr V128 yes;
            store_lane V128Store8Lane "v128.store8_lane" No Addr V128 yes;
            store_lane V128Store16Lane "v128.store16_lane" No Addr V128 yes;
            store_lane V128Store32Lane "v128.store32_lane" No Addr V128 yes;
            store_lane V128Store64Lane "v128.store64_lane" No Addr V128 yes;
            // Integer comparison. `nez` is not an operator of WebAssembly: it is what two `eqz` in a row compute.
            unary I32Eqz "i32.eqz" I32 I32 No no;
            unary I32Nez "i32.nez" I32 I32 No no;
            binary I32Eq "i32.eq" I32 I32 I32 no;
            binary I32Ne "i32.ne" I32 I32 I32 no;
            binary I32LtS "i32.lt_s" I32 I32 I32 no;
            binary I32LtU "i32.lt_u" I32 I32 I32 no;
            binary I32GtS "i32.gt_s" I32 I32 I32 no;
            binary I32GtU "i32.gt_u" I32 I32 I32 no;
            binary I32LeS "i32.le_s" I32 I32 I32 no;
            binary I32LeU "i32.le_u" I32 I32 I32 no;
            binary I32GeS "i32.ge_s" I32 I32 I32 no;
            binary I32GeU "i32.ge_u" I32 I32 I32 no;
            unary I64Eqz "i64.eqz" I32 I64 No no;
            unary I64Nez "i64.nez" I32 I64 No no;
            binary I64Eq "i64.eq" I32 I64 I64 no;
            binary I64Ne "i64.ne" I32 I64 I64 no;
            binary I64LtS "i64.lt_s" I32 I64 I64 no;
            binary I64LtU "i64.lt_u" I32 I64 I64 no;
            binary I64GtS "i64.gt_s" I32 I64 I64 no;
            binary I64GtU "i64.gt_u" I32 I64 I64 no;
            binary I64LeS "i64.le_s" I32 I64 I64 no;
            binary I64LeU "i64.le_u" I32 I64 I64 no;
            binary I64GeS "i64.ge_s" I32 I64 I64 no;
            binary I64GeU "i64.ge_u" I32 I64 I64 no;
            // Float comparison.
            binary F32Eq "f32.eq" I32 F32 F32 no;
            binary F32Ne "f32.ne" I32 F32 F32 no;
            binary F32Lt "f32.lt" I32 F32 F32 no;
            binary F32Gt "f32.gt" I32 F32 F32 no;
            binary F32Le "f32.le" I32 F32 F32 no;
            binary F32Ge "f32.ge" I32 F32 F32 no;
            binary F64Eq "f64.eq" I32 F64 F64 no;
            binary F64Ne "f64.ne" I32 F64 F64 no;
            binary F64Lt "f64.lt" I32 F64 F64 no;
            binary F64Gt "f64.gt" I32 F64 F64 no;
            binary F64Le "f64.le" I32 F64 F64 no;
            binary F64Ge "f64.ge" I32 F64 F64 no;
            // Integer arithmetic.
            unary I32Clz "i32.clz" I32 I32 No no;
            unary I32Ctz "i32.ctz" I32 I32 No no;
            unary I32Popcnt "i32.popcnt" I32 I32 No no;
            binary I32Add "i32.add" I32 I32 I32 no;
            binary I32Sub "i32.sub" I32 I32 I32 no;
            binary I32Mul "i32.mul" I32 I32 I32 no;
            binary I32DivS "i32.div_s" I32 I32 I32 yes;
            binary I32DivU "i32.div_u" I32 I32 I32 yes;
            binary I32RemS "i32.rem_s" I32 I32 I32 yes;
            binary I32RemU "i32.rem_u" I32 I32 I32 yes;
            binary I32And "i32.and" I32 I32 I32 no;
            binary I32Or "i32.or" I32 I32 I32 no;
            binary I32Xor "i32.xor" I32 I32 I32 no;
            binary I32Shl "i32.shl" I32 I32 I32 no;
            binary I32ShrS "i32.shr_s" I32 I32 I32 no;
            binary I32ShrU "i32.shr_u" I32 I32 I32 no;
            binary I32Rotl "i32.rotl" I32 I32 I32 no;
            binary I32Rotr "i32.rotr" I32 I32 I32 no;
            unary I64Clz "i64.clz" I64 I64 No no;
            unary I64Ctz "i64.ctz" I64 I64 No no;
            unary I64Popcnt "i64.popcnt" I64 I64 No no;
            binary I64Add "i64.add" I64 I64 I64 no;
            binary I64Sub "i64.sub" I64 I64 I64 no;
            binary I64Mul "i64.mul" I64 I64 I64 no;
            binary I64DivS "i64.div_s" I64 I64 I64 yes;
            binary I64DivU "i64.div_u" I64 I64 I64 yes;
            binary I64RemS "i64.rem_s" I64 I64 I64 yes;
            binary I64RemU "i64.rem_u" I64 I64 I64 yes;
            binary I64And "i64.and" I64 I64 I64 no;
            binary I64Or "i64.or" I64 I64 I64 no;
            binary I64Xor "i64.xor" I64 I64 I64 no;
            binary I64Shl "i64.shl" I64 I64 I64 no;
            binary I64ShrS "i64.shr_s" I64 I64 I64 no;
            binary I64ShrU "i64.shr_u" I64 I64 I64 no;
            binary I64Rotl "i64.rotl" I64 I64 I64 no;
            binary I64Rotr "i64.rotr" I64 I64 I64 no;
            unary I32Extend8S "i32.extend8_s" I32 I32 No no;
            unary I32Extend16S "i32.extend16_s" I32 I32 No no;
            unary I64Extend8S "i64.extend8_s" I64 I64 No no;
            unary I64Extend16S "i64.extend16_s" I64 I64 No no;
            unary I64Extend32S "i64.extend32_s" I64 I64 No no;
            // Float arithmetic.
            unary F32Abs "f32.abs" F32 F32 No no;
            unary F32Neg "f32.neg" F32 F32 No no;
            unary F32Ceil "f32.ceil" F32 F32 No no;
            unary F32Floor "f32.floor" F32 F32 No no;
            unary F32Trunc "f32.trunc" F32 F32 No no;
            unary F32Nearest "f32.nearest" F32 F32 No no;
            unary F32Sqrt "f32.sqrt" F32 F32 No no;
            binary F32Add "f32.add" F32 F32 F32 no;
            binary F32Sub "f32.sub" F32 F32 F32 no;
            binary F32Mul "f32.mul" F32 F32 F32 no;
            binary F32Div "f32.div" F32 F32 F32 no;
            binary F32Min "f32.min" F32 F32 F32 no;
            binary F32Max "f32.max" F32 F32 F32 no;
            binary F32Copysign "f32.copysign" F32 F32 F32 no;
            unary F64Abs "f64.abs" F64 F64 No no;
            unary F64Neg "f64.neg" F64 F64 No no;
            unary F64Ceil "f64.ceil" F64 F64 No no;
            unary F64Floor "f64.floor" F64 F64 No no;
            unary F64Trunc "f64.trunc" F64 F64 No no;
            unary F64Nearest "f64.nearest" F64 F64 No no;
            unary F64Sqrt "f64.sqrt" F64 F64 No no;
            binary F64Add "f64.add" F64 F64 F64 no;
            binary F64Sub "f64.sub" F64 F64 F64 no;
            binary F64Mul "f64.mul" F64 F64 F64 no;
            binary F64Div "f64.div" F64 F64 F64 no;
            binary F64Min "f64.min" F64 F64 F64 no;
            binary F64Max "f64.max" F64 F64 F64 no;
            binary F64Copysign "f64.copysign" F64 F64 F64 no;
            // Conversions.
            unary I32WrapI64 "i32.wrap_i64" I32 I64 No no;
            unary I32TruncF32S "i32.trunc_f32_s" I32 F32 No yes;
            unary I32TruncF32U "i32.trunc_f32_u" I32 F32 No yes;
            unary I32TruncF64S "i32.trunc_f64_s" I32 F64 No yes;
            unary I32TruncF64U "i32.trunc_f64_u" I32 F64 No yes;
            unary I64TruncF32S "i64.trunc_f32_s" I64 F32 No yes;
            unary I64TruncF32U "i64.trunc_f32_u" I64 F32 No yes;
            unary I64TruncF64S "i64.trunc_f64_s" I64 F64 No yes;
            unary I64TruncF64U "i64.trunc_f64_u" I64 F64 No yes;
            unary I32TruncSatF32S "i32.trunc_sat_f32_s" I32 F32 No no;
            unary I32TruncSatF32U "i32.trunc_sat_f32_u" I32 F32 No no;
            unary I32TruncSatF64S "i32.trunc_sat_f64_s" I32 F64 No no;
            unary I32TruncSatF64U "i32.trunc_sat_f64_u" I32 F64 No no;
            unary I64TruncSatF32S "i64.trunc_sat_f32_s" I64 F32 No no;
            unary I64TruncSatF32U "i64.trunc_sat_f32_u" I64 F32 No no;
            unary I64TruncSatF64S "i64.trunc_sat_f64_s" I64 F64 No no;
            unary I64TruncSatF64U "i64.trunc_sat_f64_u" I64 F64 No no;
            unary I64ExtendI32S "i64.extend_i32_s" I64 I32 No no;
            unary I64ExtendI32U "i64.extend_i32_u" I64 I32 No no;
            unary F32ConvertI32S "f32.convert_i32_s" F32 I32 No no;
            unary F32ConvertI32U "f32.convert_i32_u" F32 I32 No no;
            unary F32ConvertI64S "f32.convert_i64_s" F32 I64 No no;
            unary F32ConvertI64U "f32.convert_i64_u" F32 I64 No no;
            unary F64ConvertI32S "f64.convert_i32_s" F64 I32 No no;
            unary F64ConvertI32U "f64.convert_i32_u" F64 I32 No no;
            unary F64ConvertI64S "f64.convert_i64_s" F64 I64 No no;
            unary F64ConvertI64U "f64.convert_i64_u" F64 I64 No no;
            unary F32DemoteF64 "f32.demote_f64" F32 F64 No no;
            unary F64PromoteF32 "f64.promote_f32" F64 F32 No no;
            unary I32ReinterpretF32 "i32.reinterpret_f32" I32 F32 No no;
            unary I64ReinterpretF64 "i64.reinterpret_f64" I64 F64 No no;
            unary F32ReinterpretI32 "f32.reinterpret_i32" F32 I32 No no;
            unary F64ReinterpretI64 "f64.reinterpret_i64" F64 I64 No no;
            // Vectors.
            shuffle I8x16Shuffle "i8x16.shuffle" V128 V128 V128 no;
            extract_lane I8x16ExtractLaneS "i8x16.extract_lane_s" I32 V128 No no;
            extract_lane I8x16ExtractLaneU "i8x16.extract_lane_u" I32 V128 No no;
            replace_lane I8x16ReplaceLane "i8x16.replace_lane" V128 V128 I32 no;
            extract_lane I16x8ExtractLaneS "i16x8.extract_lane_s" I32 V128 No no;
            extract_lane I16x8ExtractLaneU "i16x8.extract_lane_u" I32 V128 No no;
            replace_lane I16x8ReplaceLane "i16x8.replace_lane" V128 V128 I32 no;
            extract_lane I32x4ExtractLane "i32x4.extract_lane" I32 V128 No no;
            replace_lane I32x4ReplaceLane "i32x4.replace_lane" V128 V128 I32 no;
            extract_lane I64x2ExtractLane "i64x2.extract_lane" I64 V128 No no;
            replace_lane I64x2ReplaceLane "i64x2.replace_lane" V128 V128 I64 no;
            extract_lane F32x4ExtractLane "f32x4.extract_lane" F32 V128 No no;
            replace_lane F32x4ReplaceLane "f32x4.replace_lane" V128 V128 F32 no;
            extract_lane F64x2ExtractLane "f64x2.extract_lane" F64 V128 No no;
            replace_lane F64x2ReplaceLane "f64x2.replace_lane" V128 V128 F64 no;
            binary I8x16Swizzle "i8x16.swizzle" V128 V128 V128 no;
            unary I8x16Splat "i8x16.splat" V128 I32 No no;
            unary I16x8Splat "i16x8.splat" V128 I32 No no;
            unary I32x4Splat "i32x4.splat" V128 I32 No no;
            unary I64x2Splat "i64x2.splat" V128 I64 No no;
            unary F32x4Splat "f32x4.splat" V128 F32 No no;
            unary F64x2Splat "f64x2.splat" V128 F64 No no;
            binary I8x16Eq "i8x16.eq" V128 V128 V128 no;
            binary I8x16Ne "i8x16.ne" V128 V128 V128 no;
            binary I8x16LtS "i8x16.lt_s" V128 V128 V128 no;
            binary I8x16LtU "i8x16.lt_u" V128 V128 V128 no;
            binary I8x16GtS "i8x16.gt_s" V128 V128 V128 no;
            binary I8x16GtU "i8x16.gt_u" V128 V128 V128 no;
            binary I8x16LeS "i8x16.le_s" V128 V128 V128 no;
            binary I8x16LeU "i8x16.le_u" V128 V128 V128 no;
            binary I8x16GeS "i8x16.ge_s" V128 V128 V128 no;
            binary I8x16GeU "i8x16.ge_u" V128 V128 V128 no;
            binary I16x8Eq "i16x8.eq" V128 V128 V128 no;
            binary I16x8Ne "i16x8.ne" V128 V128 V128 no;
            binary I16x8LtS "i16x8.lt_s" V128 V128 V128 no;
            binary I16x8LtU "i16x8.lt_u" V128 V128 V128 no;
            binary I16x8GtS "i16x8.gt_s" V128 V128 V128 no;
            binary I16x8GtU "i16x8.gt_u" V128 V128 V128 no;
            binary I16x8LeS "i16x8.le_s" V128 V128 V128 no;
            binary I16x8LeU "i16x8.le_u" V128 V128 V128 no;
            binary I16x8GeS "i16x8.ge_s" V128 V128 V128 no;
            binary I16x8GeU "i16x8.ge_u" V128 V128 V128 no;
            binary I32x4Eq "i32x4.eq" V128 V128 V128 no;
            binary I32x4Ne "i32x4.ne" V128 V128 V128 no;
            binary I32x4LtS "i32x4.lt_s" V128 V128 V128 no;
            binary I32x4LtU "i32x4.lt_u" V128 V128 V128 no;
            binary I32x4GtS "i32x4.gt_s" V128 V128 V128 no;
            binary I32x4GtU "i32x4.gt_u" V128 V128 V128 no;
            binary I32x4LeS "i32x4.le_s" V128 V128 V128 no;
            binary I32x4LeU "i32x4.le_u" V128 V128 V128 no;
            binary I32x4GeS "i32x4.ge_s" V128 V128 V128 no;
            binary I32x4GeU "i32x4.ge_u" V128 V128 V128 no;
            binary I64x2Eq "i64x2.eq" V128 V128 V128 no;
            binary I64x2Ne "i64x2.ne" V128 V128 V128 no;
            binary I64x2LtS "i64x2.lt_s" V128 V128 V128 no;
            binary I64x2GtS "i64x2.gt_s" V128 V128 V128 no;
            binary I64x2LeS "i64x2.le_s" V128 V128 V128 no;
            binary I64x2GeS "i64x2.ge_s" V128 V128 V128 no;
            binary F32x4Eq "f32x4.eq" V128 V128 V128 no;
            binary F32x4Ne "f32x4.ne" V128 V128 V128 no;
            binary F32x4Lt "f32x4.lt" V128 V128 V128 no;
            binary F32x4Gt "f32x4.gt" V128 V128 V128 no;
            binary F32x4Le "f32x4.le" V128 V128 V128 no;
            binary F32x4Ge "f32x4.ge" V128 V128 V128 no;
            binary F64x2Eq "f64x2.eq" V128 V128 V128 no;
            binary F64x2Ne "f64x2.ne" V128 V128 V128 no;
            binary F64x2Lt "f64x2.lt" V128 V128 V128 no;
            binary F64x2Gt "f64x2.gt" V128 V128 V128 no;
            binary F64x2Le "f64x2.le" V128 V128 V128 no;
            binary F64x2Ge "f64x2.ge" V128 V128 V128 no;
            unary V128Not "v128.not" V128 V128 No no;
            binary V128And "v128.and" V128 V128 V128 no;
            binary V128AndNot "v128.andnot" V128 V128 V128 no;
            binary V128Or "v128.or" V128 V128 V128 no;
            binary V128Xor "v128.xor" V128 V128 V128 no;
            ternary V128Bitselect "v128.bitselect" V128 V128 V128 no;
            unary V128AnyTrue "v128.any_true" I32 V128 No no;
            unary I8x16Abs "i8x16.abs" V128 V128 No no;
            unary I8x16Neg "i8x16.neg" V128 V128 No no;
            unary I8x16Popcnt "i8x16.popcnt" V128 V128 No no;
            unary I8x16AllTrue "i8x16.all_true" I32 V128 No no;
            unary I8x16Bitmask "i8x16.bitmask" I32 V128 No no;
            binary I8x16NarrowI16x8S "i8x16.narrow_i16x8_s" V128 V128 V128 no;
            binary I8x16NarrowI16x8U "i8x16.narrow_i16x8_u" V128 V128 V128 no;
            binary I8x16Shl "i8x16.shl" V128 V128 I32 no;
            binary I8x16ShrS "i8x16.shr_s" V128 V128 I32 no;
            binary I8x16ShrU "i8x16.shr_u" V128 V128 I32 no;
            binary I8x16Add "i8x16.add" V128 V128 V128 no;
            binary I8x16AddSatS "i8x16.add_sat_s" V128 V128 V128 no;
            binary I8x16AddSatU "i8x16.add_sat_u" V128 V128 V128 no;
            binary I8x16Sub "i8x16.sub" V128 V128 V128 no;
            binary I8x16SubSatS "i8x16.sub_sat_s" V128 V128 V128 no;
            binary I8x16SubSatU "i8x16.sub_sat_u" V128 V128 V128 no;
            binary I8x16MinS "i8x16.min_s" V128 V128 V128 no;
            binary I8x16MinU "i8x16.min_u" V128 V128 V128 no;
            binary I8x16MaxS "i8x16.max_s" V128 V128 V128 no;
            binary I8x16MaxU "i8x16.max_u" V128 V128 V128 no;
            binary I8x16AvgrU "i8x16.avgr_u" V128 V128 V128 no;
            unary I16x8ExtAddPairwiseI8x16S "i16x8.extadd_pairwise_i8x16_s" V128 V128 No no;
            unary I16x8ExtAddPairwiseI8x16U "i16x8.extadd_pairwise_i8x16_u" V128 V128 No no;
            unary I16x8Abs "i16x8.abs" V128 V128 No no;
            unary I16x8Neg "i16x8.neg" V128 V128 No no;
            binary I16x8Q15MulrSatS "i16x8.q15mulr_sat_s" V128 V128 V128 no;
            unary I16x8AllTrue "i16x8.all_true" I32 V128 No no;
            unary I16x8Bitmask "i16x8.bitmask" I32 V128 No no;
            binary I16x8NarrowI32x4S "i16x8.narrow_i32x4_s" V128 V128 V128 no;
            binary I16x8NarrowI32x4U "i16x8.narrow_i32x4_u" V128 V128 V128 no;
            unary I16x8ExtendLowI8x16S "i16x8.extend_low_i8x16_s" V128 V128 No no;
            unary I16x8ExtendHighI8x16S "i16x8.extend_high_i8x16_s" V128 V128 No no;
            unary I16x8ExtendLowI8x16U "i16x8.extend_low_i8x16_u" V128 V128 No no;
            unary I16x8ExtendHighI8x16U "i16x8.extend_high_i8x16_u" V128 V128 No no;
            binary I16x8Shl "i16x8.shl" V128 V128 I32 no;
            binary I16x8ShrS "i16x8.shr_s" V128 V128 I32 no;
            binary I16x8ShrU "i16x8.shr_u" V128 V128 I32 no;
            binary I16x8Add "i16x8.add" V128 V128 V128 no;
            binary I16x8AddSatS "i16x8.add_sat_s" V128 V128 V128 no;
            binary I16x8AddSatU "i16x8.add_sat_u" V128 V128 V128 no;
            binary I16x8Sub "i16x8.sub" V128 V128 V128 no;
            binary I16x8SubSatS "i16x8.sub_sat_s" V128 V128 V128 no;
            binary I16x8SubSatU "i16x8.sub_sat_u" V128 V128 V128 no;
            binary I16x8Mul "i16x8.mul" V128 V128 V128 no;
            binary I16x8MinS "i16x8.min_s" V128 V128 V128 no;
            binary I16x8MinU "i16x8.min_u" V128 V128 V128 no;
            binary I16x8MaxS "i16x8.max_s" V128 V128 V128 no;
            binary I16x8MaxU "i16x8.max_u" V128 V128 V128 no;
            binary I16x8AvgrU "i16x8.avgr_u" V128 V128 V128 no;
            binary I16x8ExtMulLowI8x16S "i16x8.extmul_low_i8x16_s" V128 V128 V128 no;
            binary I16x8ExtMulHighI8x16S "i16x8.extmul_high_i8x16_s" V128 V128 V128 no;
            binary I16x8ExtMulLowI8x16U "i16x8.extmul_low_i8x16_u" V128 V128 V128 no;
            binary I16x8ExtMulHighI8x16U "i16x8.extmul_high_i8x16_u" V128 V128 V128 no;
            unary I32x4ExtAddPairwiseI16x8S "i32x4.extadd_pairwise_i16x8_s" V128 V128 No no;
            unary I32x4ExtAddPairwiseI16x8U "i32x4.extadd_pairwise_i16x8_u" V128 V128 No no;
            unary I32x4Abs "i32x4.abs" V128 V128 No no;
            unary I32x4Neg "i32x4.neg" V128 V128 No no;
            unary I32x4AllTrue "i32x4.all_true" I32 V128 No no;
            unary I32x4Bitmask "i32x4.bitmask" I32 V128 No no;
            unary I32x4ExtendLowI16x8S "i32x4.extend_low_i16x8_s" V128 V128 No no;
            unary I32x4ExtendHighI16x8S "i32x4.extend_high_i16x8_s" V128 V128 No no;
            unary I32x4ExtendLowI16x8U "i32x4.extend_low_i16x8_u" V128 V128 No no;
            unary I32x4ExtendHighI16x8U "i32x4.extend_high_i16x8_u" V128 V128 No no;
            binary I32x4Shl "i32x4.shl" V128 V128 I32 no;
            binary I32x4ShrS "i32x4.shr_s" V128 V128 I32 no;
            binary I32x4ShrU "i32x4.shr_u" V128 V128 I32 no;
            binary I32x4Add "i32x4.add" V128 V128 V128 no;
            binary I32x4Sub "i32x4.sub" V128 V128 V128 no;
            binary I32x4Mul "i32x4.mul" V128 V128 V128 no;
            binary I32x4MinS "i32x4.min_s" V128 V128 V128 no;
            binary I32x4MinU "i32x4.min_u" V128 V128 V128 no;
            binary I32x4MaxS "i32x4.max_s" V128 V128 V128 no;
            binary I32x4MaxU "i32x4.max_u" V128 V128 V128 no;
            binary I32x4DotI16x8S "i32x4.dot_i16x8_s" V128 V128 V128 no;
            binary I32x4ExtMulLowI16x8S "i32x4.extmul_low_i16x8_s" V128 V128 V128 no;
            binary I32x4ExtMulHighI16x8S "i32x4.extmul_high_i16x8_s" V128 V128 V128 no;
            binary I32x4ExtMulLowI16x8U "i32x4.extmul_low_i16x8_u" V128 V128 V128 no;
            binary I32x4ExtMulHighI16x8U "i32x4.extmul_high_i16x8_u" V128 V128 V128 no;
            unary I64x2Abs "i64x2.abs" V128 V128 No no;
            unary I64x2Neg "i64x2.neg" V128 V128 No no;
            unary I64x2AllTrue "i64x2.all_true" I32 V128 No no;
            unary I64x2Bitmask "i64x2.bitmask" I32 V128 No no;
            unary I64x2ExtendLowI32x4S "i64x2.extend_low_i32x4_s" V128 V128 No no;
            unary I64x2ExtendHighI32x4S "i64x2.extend_high_i32x4_s" V128 V128 No no;
            unary I64x2ExtendLowI32x4U "i64x2.extend_low_i32x4_u" V128 V128 No no;
            unary I64x2ExtendHighI32x4U "i64x2.extend_high_i32x4_u" V128 V128 No no;
            binary I64x2Shl "i64x2.shl" V128 V128 I32 no;
            binary I64x2ShrS "i64x2.shr_s" V128 V128 I32 no;
            binary I64x2ShrU "i64x2.shr_u" V128 V128 I32 no;
            binary I64x2Add "i64x2.add" V128 V128 V128 no;
            binary I64x2Sub "i64x2.sub" V128 V128 V128 no;
            binary I64x2Mul "i64x2.mul" V128 V128 V128 no;
            binary I64x2ExtMulLowI32x4S "i64x2.extmul_low_i32x4_s" V128 V128 V128 no;
            binary I64x2ExtMulHighI32x4S "i64x2.extmul_high_i32x4_s" V128 V128 V128 no;
            binary I64x2ExtMulLowI32x4U "i64x2.extmul_low_i32x4_u" V128 V128 V128 no;
            binary I64x2ExtMulHighI32x4U "i64x2.extmul_high_i32x4_u" V128 V128 V128 no;
            unary F32x4Ceil "f32x4.ceil" V128 V128 No no;
            unary F32x4Floor "f32x4.floor" V128 V128 No no;
            unary F32x4Trunc "f32x4.trunc" V128 V128 No no;
            unary F32x4Nearest "f32x4.nearest" V128 V128 No no;
            unary F32x4Abs "f32x4.abs" V128 V128 No no;
            unary F32x4Neg "f32x4.neg" V128 V128 No no;
            unary F32x4Sqrt "f32x4.sqrt" V128 V128 No no;
            binary F32x4Add "f32x4.add" V128 V128 V128 no;
            binary F32x4Sub "f32x4.sub" V128 V128 V128 no;
            binary F32x4Mul "f32x4.mul" V128 V128 V128 no;
            binary F32x4Div "f32x4.div" V128 V128 V128 no;
            binary F32x4Min "f32x4.min" V128 V128 V128 no;
            binary F32x4Max "f32x4.max" V128 V128 V128 no;
            binary F32x4PMin "f32x4.pmin" V128 V128 V128 no;
            binary F32x4PMax "f32x4.pmax" V128 V128 V128 no;
            unary F64x2Ceil "f64x2.ceil" V128 V128 No no;
            unary F64x2Floor "f64x2.floor" V128 V128 No no;
            unary F64x2Trunc "f64x2.trunc" V128 V128 No no;
            unary F64x2Nearest "f64x2.nearest" V128 V128 No no;
            unary F64x2Abs "f64x2.abs" V128 V128 No no;
            unary F64x2Neg "f64x2.neg" V128 V128 No no;
            unary F64x2Sqrt "f64x2.sqrt" V128 V128 No no;
            binary F64x2Add "f64x2.add" V128 V128 V128 no;
            binary F64x2Sub "f64x2.sub" V128 V128 V128 no;
            binary F64x2Mul "f64x2.mul" V128 V128 V128 no;
            binary F64x2Div "f64x2.div" V128 V128 V128 no;
            binary F64x2Min "f64x2.min" V128 V128 V128 no;
            binary F64x2Max "f64x2.max" V128 V128 V128 no;
            binary F64x2PMin "f64x2.pmin" V128 V128 V128 no;
            binary F64x2PMax "f64x2.pmax" V128 V128 V128 no;
            unary I32x4TruncSatF32x4S "i32x4.trunc_sat_f32x4_s" V128 V128 No no;
            unary I32x4TruncSatF32x4U "i32x4.trunc_sat_f32x4_u" V128 V128 No no;
            unary F32x4ConvertI32x4S "f32x4.convert_i32x4_s" V128 V128 No no;
            unary F32x4ConvertI32x4U "f32x4.convert_i32x4_u" V128 V128 No no;
            unary I32x4TruncSatF64x2SZero "i32x4.trunc_sat_f64x2_s_zero" V128 V128 No no;
            unary I32x4TruncSatF64x2UZero "i32x4.trunc_sat_f64x2_u_zero" V128 V128 No no;
            unary F64x2ConvertLowI32x4S "f64x2.convert_low_i32x4_s" V128 V128 No no;
            unary F64x2ConvertLowI32x4U "f64x2.convert_low_i32x4_u" V128 V128 No no;
            unary F32x4DemoteF64x2Zero "f32x4.demote_f64x2_zero" V128 V128 No no;
            unary F64x2PromoteLowF32x4 "f64x2.promote_low_f32x4" V128 V128 No no;
        }
    };
}

macro_rules! define_ops {
    ($($shape:ident $name:ident $text:literal $dst:ident $a:ident $b:ident $traps:ident;)*) => {
        /// An IR op. `Ext` is not an op of its own: it marks the words that follow an instruction.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u16)]
        #[allow(missing_docs, reason = "each op is named after the WebAssembly operator it computes")]
        pub enum Op { Ext = 0, $($name),* }

        impl Op {
            /// Every op, in the order of its number; index 0 is [`Op::Ext`].
            pub const ALL: &'static [Op] = &[Op::Ext, $(Op::$name),*];

            /// How many numbers are taken, [`Op::Ext`] included.
            pub const COUNT: usize = Op::ALL.len();
        }

        static INFO: [OpInfo; Op::COUNT] = [
            OpInfo { name: "ext", shape: Shape::Ext, dst: Class::No, a: Class::No, b: Class::No, traps: false },
            $(OpInfo {
                name: $text,
                shape: shape!($shape),
                dst: Class::$dst,
                a: Class::$a,
                b: Class::$b,
                traps: yes_no!($traps),
            }),*
        ];
    };
}

macro_rules! yes_no {
    (yes) => {
        true
    };
    (no) => {
        false
    };
}

macro_rules! shapes {
    ($($(#[$doc:meta])* $snake:ident $name:ident;)*) => {
        /// What an instruction's words hold.
        ///
        /// The first word is `{op, dst, a, b}`, 16 bits each. A following word is `{Ext, x: 16 bits, y: 32 bits}`.
        /// "Index in `a:b`" means that the two fields together hold one 32-bit number, `a` its low half.
        ///
        /// An *operand list* of n operands follows as `ceil(n / 3)` Ext words of three operands each if
        /// n <= [`LIST_MAX`](super::LIST_MAX); a longer one is one Ext word with a [`Base`](super::Base): its values
        /// are in consecutive temporaries.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Shape {
            /// Not an instruction: a word that belongs to the instruction before it.
            Ext,
            $($(#[$doc])* $name,)*
        }

        macro_rules! shape {
            $(($snake) => { Shape::$name };)*
        }
    };
}

shapes! {
    /// `dst <- a`.
    unary Unary;
    /// `dst <- a, b`.
    binary Binary;
    /// `dst <- a, b, c`; Ext {x: c}.
    ternary Ternary;
    /// `dst <- constant`; its bits in 48-bit pieces, low first, in two ([`Op::Const64`]) or three Ext words.
    wide_const WideConst;
    /// `dst <- slot`; Ext {y: a slot number that may be beyond 14 bits}.
    far_get FarGet;
    /// `slot <- a`; Ext {y: a slot number that may be beyond 14 bits}.
    far_set FarSet;
    /// Moves consecutive slots, as if through a copy of them: Ext {[`Base`](super::Base) to}, Ext {Base from},
    /// Ext {Base whose `data` and `refs` are the numbers of slots}.
    move_range MoveRange;
    /// A place that branches reach; label index in `a:b`.
    label Label;
    /// A loop's header; label index in `a:b`; Ext {y: index into the loop facts}.
    loop_header LoopHeader;
    /// A branch; label index in `a:b`.
    jump Jump;
    /// A branch if the comparison op in `dst` holds (`BrIf`) or does not hold (`BrUnless`) for operands `a` and
    /// `b` (`b` is absent where that op is unary); Ext {y: label index}.
    branch Branch;
    /// A branch by index `a`; Ext {y: first entry in the function's branch targets}, Ext {y: number of entries,
    /// of which the last is the default}.
    br_table BrTable;
    /// Return of as many values as `dst` says; operand list.
    ret Return;
    /// Always traps.
    trap Trap;
    /// `dst <- condition ? a : b`; Ext {x: comparison op, y: its operands, the first in the low half}.
    select Select;
    /// A call; `a` arguments and `b` results; Ext {y: function index}; operand list of the arguments; the single
    /// result is `dst`, several are in the temporaries that a further Ext {[`Base`](super::Base)} names.
    /// Tail calls have no results.
    call Call;
    /// A call through a table; as [`Shape::Call`], but the first words are Ext {x: table index operand,
    /// y: type index}, Ext {y: table}.
    call_indirect CallIndirect;
    /// Charges fuel; the amount is in `a:b`.
    fuel Fuel;
    /// Charges fuel for a bulk operation on `a` units: one per 64 bytes; field `b` is the base-2 logarithm of a
    /// unit's bytes.
    fuel_bulk FuelBulk;
    /// A check of the runtime's interrupt word.
    check Check;
    /// `dst <- global`; Ext {y: global index}.
    global_get GlobalGet;
    /// `global <- a`; Ext {y: global index}.
    global_set GlobalSet;
    /// An op on the table, memory, segment or function whose index is Ext {y}.
    indexed Indexed;
    /// A bulk operation. All three fields are operands that are read, `dst` the first; Ext {y: index of the target
    /// table or memory}, Ext {y: index of the source or of the segment}.
    bulk Bulk;
    /// `dst <- memory[a + offset]`; the offset's low 16 bits are in field `b`. If the offset is larger or the memory
    /// is not 0: Ext {x: memory, y: bits 16 to 47}. If it is larger still: Ext {y: bits 48 to 63}.
    load Load;
    /// `memory[a + offset] <- b`; the offset's low 16 bits are in field `dst`; else as [`Shape::Load`].
    store Store;
    /// `dst <- b` with one lane from memory at `a`; Ext {x: lane, y: low half of the offset}, Ext {x: memory, y: high
    /// half}.
    load_lane LoadLane;
    /// One lane of `b` to memory at `a`; words as [`Shape::LoadLane`].
    store_lane StoreLane;
    /// `dst <- lane of a`; field `b` is the lane.
    extract_lane ExtractLane;
    /// `dst <- a` with one lane replaced by `b`; Ext {x: lane}.
    replace_lane ReplaceLane;
    /// `dst <- bytes of a and b`; three Ext words hold the 16 byte indices, six each, low first.
    shuffle Shuffle;
}

/// What the op list says of an op.
#[derive(Clone, Copy, Debug)]
pub struct OpInfo {
    /// The name in printed IR.
    pub name: &'static str,
    /// What its words hold.
    pub shape: Shape,
    /// Class of field `dst`: the result, or the first source of [`Shape::Bulk`].
    pub dst: Class,
    /// Class of field `a`.
    pub a: Class,
    /// Class of field `b`.
    pub b: Class,
    /// Whether it can trap or call.
    pub traps: bool,
}

crate::for_each_op!(define_ops);

impl Op {
    /// The op with this number.
    #[inline]
    pub fn from_number(number: u16) -> Option<Op> {
        Op::ALL.get(usize::from(number)).copied()
    }

    /// What the op list says of this op.
    #[inline]
    pub const fn info(self) -> &'static OpInfo {
        &INFO[self as usize]
    }

    /// Whether this is a comparison that `br_if`, `br_unless` and `select` can be fused with.
    pub fn is_comparison(self) -> bool {
        (Op::I32Eqz as u16..=Op::F64Ge as u16).contains(&(self as u16))
    }

    /// The comparison that holds exactly when this one does not. Floats have none but for equality: every ordered
    /// comparison is false for a NaN, and so would be its inverse.
    pub fn inverse(self) -> Option<Op> {
        Some(match self {
            Op::I32Eqz => Op::I32Nez,
            Op::I32Nez => Op::I32Eqz,
            Op::I32Eq => Op::I32Ne,
            Op::I32Ne => Op::I32Eq,
            Op::I32LtS => Op::I32GeS,
            Op::I32LtU => Op::I32GeU,
            Op::I32GtS => Op::I32LeS,
            Op::I32GtU => Op::I32LeU,
            Op::I32LeS => Op::I32GtS,
            Op::I32LeU => Op::I32GtU,
            Op::I32GeS => Op::I32LtS,
            Op::I32GeU => Op::I32LtU,
            Op::I64Eqz => Op::I64Nez,
            Op::I64Nez => Op::I64Eqz,
            Op::I64Eq => Op::I64Ne,
            Op::I64Ne => Op::I64Eq,
            Op::I64LtS => Op::I64GeS,
            Op::I64LtU => Op::I64GeU,
            Op::I64GtS => Op::I64LeS,
            Op::I64GtU => Op::I64LeU,
            Op::I64LeS => Op::I64GtS,
            Op::I64LeU => Op::I64GtU,
            Op::I64GeS => Op::I64LtS,
            Op::I64GeU => Op::I64LtU,
            Op::F32Eq => Op::F32Ne,
            Op::F32Ne => Op::F32Eq,
            Op::F64Eq => Op::F64Ne,
            Op::F64Ne => Op::F64Eq,
            _ => return None,
        })
    }
}
