// Made by avila-protoc from google/protobuf/descriptor.proto; changes will be lost.
#include <avila/protobuf/wkt/descriptor.pb.hpp>

#include <limits>
#include <utility>

namespace avila::protobuf::wkt {
namespace {

constexpr char kDescriptor_file_google_protobuf_descriptor[] =
    "\012 google/protobuf/descri"
    "ptor.proto\022\017google.proto"
    "buf\042M\012\021FileDescriptorSet"
    "\0228\012\004file\030\001 \003(\0132$.google."
    "protobuf.FileDescriptorP"
    "rotoR\004file\042\344\004\012\023FileDescr"
    "iptorProto\022\022\012\004name\030\001 \001(\011"
    "R\004name\022\030\012\007package\030\002 \001(\011R"
    "\007package\022\036\012\012dependency\030\003"
    " \003(\011R\012dependency\022+\012\021publ"
    "ic_dependency\030\012 \003(\005R\020pub"
    "licDependency\022'\012\017weak_de"
    "pendency\030\013 \003(\005R\016weakDepe"
    "ndency\022C\012\014message_type\030\004"
    " \003(\0132 .google.protobuf.D"
    "escriptorProtoR\013messageT"
    "ype\022A\012\011enum_type\030\005 \003(\0132$"
    ".google.protobuf.EnumDes"
    "criptorProtoR\010enumType\022A"
    "\012\007service\030\006 \003(\0132'.google"
    ".protobuf.ServiceDescrip"
    "torProtoR\007service\022C\012\011ext"
    "ension\030\007 \003(\0132%.google.pr"
    "otobuf.FieldDescriptorPr"
    "otoR\011extension\0226\012\007option"
    "s\030\010 \001(\0132\034.google.protobu"
    "f.FileOptionsR\007options\022I"
    "\012\020source_code_info\030\011 \001(\013"
    "2\037.google.protobuf.Sourc"
    "eCodeInfoR\016sourceCodeInf"
    "o\022\026\012\006syntax\030\014 \001(\011R\006synta"
    "x\042\271\006\012\017DescriptorProto\022\022\012"
    "\004name\030\001 \001(\011R\004name\022;\012\005fie"
    "ld\030\002 \003(\0132%.google.protob"
    "uf.FieldDescriptorProtoR"
    "\005field\022C\012\011extension\030\006 \003("
    "\0132%.google.protobuf.Fiel"
    "dDescriptorProtoR\011extens"
    "ion\022A\012\013nested_type\030\003 \003(\013"
    "2 .google.protobuf.Descr"
    "iptorProtoR\012nestedType\022A"
    "\012\011enum_type\030\004 \003(\0132$.goog"
    "le.protobuf.EnumDescript"
    "orProtoR\010enumType\022X\012\017ext"
    "ension_range\030\005 \003(\0132/.goo"
    "gle.protobuf.DescriptorP"
    "roto.ExtensionRangeR\016ext"
    "ensionRange\022D\012\012oneof_dec"
    "l\030\010 \003(\0132%.google.protobu"
    "f.OneofDescriptorProtoR\011"
    "oneofDecl\0229\012\007options\030\007 \001"
    "(\0132\037.google.protobuf.Mes"
    "sageOptionsR\007options\022U\012\016"
    "reserved_range\030\011 \003(\0132..g"
    "oogle.protobuf.Descripto"
    "rProto.ReservedRangeR\015re"
    "servedRange\022#\012\015reserved_"
    "name\030\012 \003(\011R\014reservedName"
    "\032z\012\016ExtensionRange\022\024\012\005st"
    "art\030\001 \001(\005R\005start\022\020\012\003end\030"
    "\002 \001(\005R\003end\022@\012\007options\030\003 "
    "\001(\0132&.google.protobuf.Ex"
    "tensionRangeOptionsR\007opt"
    "ions\0327\012\015ReservedRange\022\024\012"
    "\005start\030\001 \001(\005R\005start\022\020\012\003e"
    "nd\030\002 \001(\005R\003end\042|\012\025Extensi"
    "onRangeOptions\022X\012\024uninte"
    "rpreted_option\030\347\007 \003(\0132$."
    "google.protobuf.Uninterp"
    "retedOptionR\023uninterpret"
    "edOption*\011\010\350\007\020\200\200\200\200\002\042\301\006\012\024"
    "FieldDescriptorProto\022\022\012\004"
    "name\030\001 \001(\011R\004name\022\026\012\006numb"
    "er\030\003 \001(\005R\006number\022A\012\005labe"
    "l\030\004 \001(\0162+.google.protobu"
    "f.FieldDescriptorProto.L"
    "abelR\005label\022>\012\004type\030\005 \001("
    "\0162*.google.protobuf.Fiel"
    "dDescriptorProto.TypeR\004t"
    "ype\022\033\012\011type_name\030\006 \001(\011R\010"
    "typeName\022\032\012\010extendee\030\002 \001"
    "(\011R\010extendee\022#\012\015default_"
    "value\030\007 \001(\011R\014defaultValu"
    "e\022\037\012\013oneof_index\030\011 \001(\005R\012"
    "oneofIndex\022\033\012\011json_name\030"
    "\012 \001(\011R\010jsonName\0227\012\007optio"
    "ns\030\010 \001(\0132\035.google.protob"
    "uf.FieldOptionsR\007options"
    "\022'\012\017proto3_optional\030\021 \001("
    "\010R\016proto3Optional\042\266\002\012\004Ty"
    "pe\022\017\012\013TYPE_DOUBLE\020\001\022\016\012\012T"
    "YPE_FLOAT\020\002\022\016\012\012TYPE_INT6"
    "4\020\003\022\017\012\013TYPE_UINT64\020\004\022\016\012\012"
    "TYPE_INT32\020\005\022\020\012\014TYPE_FIX"
    "ED64\020\006\022\020\012\014TYPE_FIXED32\020\007"
    "\022\015\012\011TYPE_BOOL\020\010\022\017\012\013TYPE_"
    "STRING\020\011\022\016\012\012TYPE_GROUP\020\012"
    "\022\020\012\014TYPE_MESSAGE\020\013\022\016\012\012TY"
    "PE_BYTES\020\014\022\017\012\013TYPE_UINT3"
    "2\020\015\022\015\012\011TYPE_ENUM\020\016\022\021\012\015TY"
    "PE_SFIXED32\020\017\022\021\012\015TYPE_SF"
    "IXED64\020\020\022\017\012\013TYPE_SINT32\020"
    "\021\022\017\012\013TYPE_SINT64\020\022\042C\012\005La"
    "bel\022\022\012\016LABEL_OPTIONAL\020\001\022"
    "\022\012\016LABEL_REQUIRED\020\002\022\022\012\016L"
    "ABEL_REPEATED\020\003\042c\012\024Oneof"
    "DescriptorProto\022\022\012\004name\030"
    "\001 \001(\011R\004name\0227\012\007options\030\002"
    " \001(\0132\035.google.protobuf.O"
    "neofOptionsR\007options\042\343\002\012"
    "\023EnumDescriptorProto\022\022\012\004"
    "name\030\001 \001(\011R\004name\022\077\012\005valu"
    "e\030\002 \003(\0132).google.protobu"
    "f.EnumValueDescriptorPro"
    "toR\005value\0226\012\007options\030\003 \001"
    "(\0132\034.google.protobuf.Enu"
    "mOptionsR\007options\022]\012\016res"
    "erved_range\030\004 \003(\01326.goog"
    "le.protobuf.EnumDescript"
    "orProto.EnumReservedRang"
    "eR\015reservedRange\022#\012\015rese"
    "rved_name\030\005 \003(\011R\014reserve"
    "dName\032;\012\021EnumReservedRan"
    "ge\022\024\012\005start\030\001 \001(\005R\005start"
    "\022\020\012\003end\030\002 \001(\005R\003end\042\203\001\012\030E"
    "numValueDescriptorProto\022"
    "\022\012\004name\030\001 \001(\011R\004name\022\026\012\006n"
    "umber\030\002 \001(\005R\006number\022;\012\007o"
    "ptions\030\003 \001(\0132!.google.pr"
    "otobuf.EnumValueOptionsR"
    "\007options\042\247\001\012\026ServiceDesc"
    "riptorProto\022\022\012\004name\030\001 \001("
    "\011R\004name\022>\012\006method\030\002 \003(\0132"
    "&.google.protobuf.Method"
    "DescriptorProtoR\006method\022"
    "9\012\007options\030\003 \001(\0132\037.googl"
    "e.protobuf.ServiceOption"
    "sR\007options\042\211\002\012\025MethodDes"
    "criptorProto\022\022\012\004name\030\001 \001"
    "(\011R\004name\022\035\012\012input_type\030\002"
    " \001(\011R\011inputType\022\037\012\013outpu"
    "t_type\030\003 \001(\011R\012outputType"
    "\0228\012\007options\030\004 \001(\0132\036.goog"
    "le.protobuf.MethodOption"
    "sR\007options\0220\012\020client_str"
    "eaming\030\005 \001(\010:\005falseR\017cli"
    "entStreaming\0220\012\020server_s"
    "treaming\030\006 \001(\010:\005falseR\017s"
    "erverStreaming\042\221\011\012\013FileO"
    "ptions\022!\012\014java_package\030\001"
    " \001(\011R\013javaPackage\0220\012\024jav"
    "a_outer_classname\030\010 \001(\011R"
    "\022javaOuterClassname\0225\012\023j"
    "ava_multiple_files\030\012 \001(\010"
    ":\005falseR\021javaMultipleFil"
    "es\022D\012\035java_generate_equa"
    "ls_and_hash\030\024 \001(\010B\002\030\001R\031j"
    "avaGenerateEqualsAndHash"
    "\022:\012\026java_string_check_ut"
    "f8\030\033 \001(\010:\005falseR\023javaStr"
    "ingCheckUtf8\022S\012\014optimize"
    "_for\030\011 \001(\0162).google.prot"
    "obuf.FileOptions.Optimiz"
    "eMode:\005SPEEDR\013optimizeFo"
    "r\022\035\012\012go_package\030\013 \001(\011R\011g"
    "oPackage\0225\012\023cc_generic_s"
    "ervices\030\020 \001(\010:\005falseR\021cc"
    "GenericServices\0229\012\025java_"
    "generic_services\030\021 \001(\010:\005"
    "falseR\023javaGenericServic"
    "es\0225\012\023py_generic_service"
    "s\030\022 \001(\010:\005falseR\021pyGeneri"
    "cServices\0227\012\024php_generic"
    "_services\030* \001(\010:\005falseR\022"
    "phpGenericServices\022%\012\012de"
    "precated\030\027 \001(\010:\005falseR\012d"
    "eprecated\022.\012\020cc_enable_a"
    "renas\030\037 \001(\010:\004trueR\016ccEna"
    "bleArenas\022*\012\021objc_class_"
    "prefix\030$ \001(\011R\017objcClassP"
    "refix\022)\012\020csharp_namespac"
    "e\030% \001(\011R\017csharpNamespace"
    "\022!\012\014swift_prefix\030' \001(\011R\013"
    "swiftPrefix\022(\012\020php_class"
    "_prefix\030( \001(\011R\016phpClassP"
    "refix\022#\012\015php_namespace\030)"
    " \001(\011R\014phpNamespace\0224\012\026ph"
    "p_metadata_namespace\030, \001"
    "(\011R\024phpMetadataNamespace"
    "\022!\012\014ruby_package\030- \001(\011R\013"
    "rubyPackage\022X\012\024uninterpr"
    "eted_option\030\347\007 \003(\0132$.goo"
    "gle.protobuf.Uninterpret"
    "edOptionR\023uninterpretedO"
    "ption\042:\012\014OptimizeMode\022\011\012"
    "\005SPEED\020\001\022\015\012\011CODE_SIZE\020\002\022"
    "\020\012\014LITE_RUNTIME\020\003*\011\010\350\007\020\200"
    "\200\200\200\002J\004\010&\020'\042\343\002\012\016MessageOp"
    "tions\022<\012\027message_set_wir"
    "e_format\030\001 \001(\010:\005falseR\024m"
    "essageSetWireFormat\022L\012\037n"
    "o_standard_descriptor_ac"
    "cessor\030\002 \001(\010:\005falseR\034noS"
    "tandardDescriptorAccesso"
    "r\022%\012\012deprecated\030\003 \001(\010:\005f"
    "alseR\012deprecated\022\033\012\011map_"
    "entry\030\007 \001(\010R\010mapEntry\022X\012"
    "\024uninterpreted_option\030\347\007"
    " \003(\0132$.google.protobuf.U"
    "ninterpretedOptionR\023unin"
    "terpretedOption*\011\010\350\007\020\200\200\200"
    "\200\002J\004\010\004\020\005J\004\010\005\020\006J\004\010\006\020\007J\004\010\010"
    "\020\011J\004\010\011\020\012\042\222\004\012\014FieldOption"
    "s\022A\012\005ctype\030\001 \001(\0162#.googl"
    "e.protobuf.FieldOptions."
    "CType:\006STRINGR\005ctype\022\026\012\006"
    "packed\030\002 \001(\010R\006packed\022G\012\006"
    "jstype\030\006 \001(\0162$.google.pr"
    "otobuf.FieldOptions.JSTy"
    "pe:\011JS_NORMALR\006jstype\022\031\012"
    "\004lazy\030\005 \001(\010:\005falseR\004lazy"
    "\022.\012\017unverified_lazy\030\017 \001("
    "\010:\005falseR\016unverifiedLazy"
    "\022%\012\012deprecated\030\003 \001(\010:\005fa"
    "lseR\012deprecated\022\031\012\004weak\030"
    "\012 \001(\010:\005falseR\004weak\022X\012\024un"
    "interpreted_option\030\347\007 \003("
    "\0132$.google.protobuf.Unin"
    "terpretedOptionR\023uninter"
    "pretedOption\042/\012\005CType\022\012\012"
    "\006STRING\020\000\022\010\012\004CORD\020\001\022\020\012\014S"
    "TRING_PIECE\020\002\0425\012\006JSType\022"
    "\015\012\011JS_NORMAL\020\000\022\015\012\011JS_STR"
    "ING\020\001\022\015\012\011JS_NUMBER\020\002*\011\010\350"
    "\007\020\200\200\200\200\002J\004\010\004\020\005\042s\012\014OneofOp"
    "tions\022X\012\024uninterpreted_o"
    "ption\030\347\007 \003(\0132$.google.pr"
    "otobuf.UninterpretedOpti"
    "onR\023uninterpretedOption*"
    "\011\010\350\007\020\200\200\200\200\002\042\300\001\012\013EnumOptio"
    "ns\022\037\012\013allow_alias\030\002 \001(\010R"
    "\012allowAlias\022%\012\012deprecate"
    "d\030\003 \001(\010:\005falseR\012deprecat"
    "ed\022X\012\024uninterpreted_opti"
    "on\030\347\007 \003(\0132$.google.proto"
    "buf.UninterpretedOptionR"
    "\023uninterpretedOption*\011\010\350"
    "\007\020\200\200\200\200\002J\004\010\005\020\006\042\236\001\012\020EnumVa"
    "lueOptions\022%\012\012deprecated"
    "\030\001 \001(\010:\005falseR\012deprecate"
    "d\022X\012\024uninterpreted_optio"
    "n\030\347\007 \003(\0132$.google.protob"
    "uf.UninterpretedOptionR\023"
    "uninterpretedOption*\011\010\350\007"
    "\020\200\200\200\200\002\042\234\001\012\016ServiceOption"
    "s\022%\012\012deprecated\030! \001(\010:\005f"
    "alseR\012deprecated\022X\012\024unin"
    "terpreted_option\030\347\007 \003(\0132"
    "$.google.protobuf.Uninte"
    "rpretedOptionR\023uninterpr"
    "etedOption*\011\010\350\007\020\200\200\200\200\002\042\340\002"
    "\012\015MethodOptions\022%\012\012depre"
    "cated\030! \001(\010:\005falseR\012depr"
    "ecated\022q\012\021idempotency_le"
    "vel\030\042 \001(\0162/.google.proto"
    "buf.MethodOptions.Idempo"
    "tencyLevel:\023IDEMPOTENCY_"
    "UNKNOWNR\020idempotencyLeve"
    "l\022X\012\024uninterpreted_optio"
    "n\030\347\007 \003(\0132$.google.protob"
    "uf.UninterpretedOptionR\023"
    "uninterpretedOption\042P\012\020I"
    "dempotencyLevel\022\027\012\023IDEMP"
    "OTENCY_UNKNOWN\020\000\022\023\012\017NO_S"
    "IDE_EFFECTS\020\001\022\016\012\012IDEMPOT"
    "ENT\020\002*\011\010\350\007\020\200\200\200\200\002\042\232\003\012\023Uni"
    "nterpretedOption\022A\012\004name"
    "\030\002 \003(\0132-.google.protobuf"
    ".UninterpretedOption.Nam"
    "ePartR\004name\022)\012\020identifie"
    "r_value\030\003 \001(\011R\017identifie"
    "rValue\022,\012\022positive_int_v"
    "alue\030\004 \001(\004R\020positiveIntV"
    "alue\022,\012\022negative_int_val"
    "ue\030\005 \001(\003R\020negativeIntVal"
    "ue\022!\012\014double_value\030\006 \001(\001"
    "R\013doubleValue\022!\012\014string_"
    "value\030\007 \001(\014R\013stringValue"
    "\022'\012\017aggregate_value\030\010 \001("
    "\011R\016aggregateValue\032J\012\010Nam"
    "ePart\022\033\012\011name_part\030\001 \002(\011"
    "R\010namePart\022!\012\014is_extensi"
    "on\030\002 \002(\010R\013isExtension\042\247\002"
    "\012\016SourceCodeInfo\022D\012\010loca"
    "tion\030\001 \003(\0132(.google.prot"
    "obuf.SourceCodeInfo.Loca"
    "tionR\010location\032\316\001\012\010Locat"
    "ion\022\026\012\004path\030\001 \003(\005B\002\020\001R\004p"
    "ath\022\026\012\004span\030\002 \003(\005B\002\020\001R\004s"
    "pan\022)\012\020leading_comments\030"
    "\003 \001(\011R\017leadingComments\022+"
    "\012\021trailing_comments\030\004 \001("
    "\011R\020trailingComments\022:\012\031l"
    "eading_detached_comments"
    "\030\006 \003(\011R\027leadingDetachedC"
    "omments\042\321\001\012\021GeneratedCod"
    "eInfo\022M\012\012annotation\030\001 \003("
    "\0132-.google.protobuf.Gene"
    "ratedCodeInfo.Annotation"
    "R\012annotation\032m\012\012Annotati"
    "on\022\026\012\004path\030\001 \003(\005B\002\020\001R\004pa"
    "th\022\037\012\013source_file\030\002 \001(\011R"
    "\012sourceFile\022\024\012\005begin\030\003 \001"
    "(\005R\005begin\022\020\012\003end\030\004 \001(\005R\003"
    "endB~\012\023com.google.protob"
    "ufB\020DescriptorProtosH\001Z-"
    "google.golang.org/protob"
    "uf/types/descriptorpb\370\001\001"
    "\242\002\003GPB\252\002\032Google.Protobuf"
    ".Reflection";

}  // namespace

const ::avila::protobuf::FileDescriptor& file_google_protobuf_descriptor() {
  static const ::avila::protobuf::FileDescriptor& avila_made =
      ::avila::protobuf::generated_file({kDescriptor_file_google_protobuf_descriptor, sizeof
      kDescriptor_file_google_protobuf_descriptor - 1}, {});
  return avila_made;
}

std::string_view to_string(::avila::protobuf::wkt::FieldDescriptorProto_Type value) noexcept {
  switch (static_cast<std::int32_t>(value)) {
    case 1: return "TYPE_DOUBLE";
    case 2: return "TYPE_FLOAT";
    case 3: return "TYPE_INT64";
    case 4: return "TYPE_UINT64";
    case 5: return "TYPE_INT32";
    case 6: return "TYPE_FIXED64";
    case 7: return "TYPE_FIXED32";
    case 8: return "TYPE_BOOL";
    case 9: return "TYPE_STRING";
    case 10: return "TYPE_GROUP";
    case 11: return "TYPE_MESSAGE";
    case 12: return "TYPE_BYTES";
    case 13: return "TYPE_UINT32";
    case 14: return "TYPE_ENUM";
    case 15: return "TYPE_SFIXED32";
    case 16: return "TYPE_SFIXED64";
    case 17: return "TYPE_SINT32";
    case 18: return "TYPE_SINT64";
    default: return {};
  }
}

std::string_view to_string(::avila::protobuf::wkt::FieldDescriptorProto_Label value) noexcept {
  switch (static_cast<std::int32_t>(value)) {
    case 1: return "LABEL_OPTIONAL";
    case 2: return "LABEL_REQUIRED";
    case 3: return "LABEL_REPEATED";
    default: return {};
  }
}

std::string_view to_string(::avila::protobuf::wkt::FileOptions_OptimizeMode value) noexcept {
  switch (static_cast<std::int32_t>(value)) {
    case 1: return "SPEED";
    case 2: return "CODE_SIZE";
    case 3: return "LITE_RUNTIME";
    default: return {};
  }
}

std::string_view to_string(::avila::protobuf::wkt::FieldOptions_CType value) noexcept {
  switch (static_cast<std::int32_t>(value)) {
    case 0: return "STRING";
    case 1: return "CORD";
    case 2: return "STRING_PIECE";
    default: return {};
  }
}

std::string_view to_string(::avila::protobuf::wkt::FieldOptions_JSType value) noexcept {
  switch (static_cast<std::int32_t>(value)) {
    case 0: return "JS_NORMAL";
    case 1: return "JS_STRING";
    case 2: return "JS_NUMBER";
    default: return {};
  }
}

std::string_view to_string(::avila::protobuf::wkt::MethodOptions_IdempotencyLevel value) noexcept {
  switch (static_cast<std::int32_t>(value)) {
    case 0: return "IDEMPOTENCY_UNKNOWN";
    case 1: return "NO_SIDE_EFFECTS";
    case 2: return "IDEMPOTENT";
    default: return {};
  }
}

::avila::Result<UninterpretedOption_NamePart> UninterpretedOption_NamePart::parse(::avila::ByteSpan
    avila_bytes, const ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<UninterpretedOption_NamePart>(avila_bytes, avila_options);
}
::avila::Result<void> UninterpretedOption_NamePart::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> UninterpretedOption_NamePart::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& UninterpretedOption_NamePart::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool UninterpretedOption_NamePart::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // name_part
      case 10U: {
        if (!avila_in.bytes(this->name_part.emplace())) return false;
        break;
      }
      // is_extension
      case 16U: {
        if (!avila_in.boolean(this->is_extension.emplace())) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void UninterpretedOption_NamePart::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (this->is_extension.has_value()) {
    avila_out.boolean(*this->is_extension);
    avila_out.varint(16U);
  }
  if (this->name_part.has_value()) {
    avila_out.bytes(*this->name_part);
    avila_out.varint(10U);
  }
}
bool UninterpretedOption_NamePart::operator==(const UninterpretedOption_NamePart& avila_other) const
    {
  if (!(this->name_part == avila_other.name_part)) return false;
  if (!(this->is_extension == avila_other.is_extension)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}
std::string UninterpretedOption_NamePart::missing_required() const {
  if (!this->name_part.has_value()) return "name_part";
  if (!this->is_extension.has_value()) return "is_extension";
  return {};
}

::avila::Result<UninterpretedOption> UninterpretedOption::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<UninterpretedOption>(avila_bytes, avila_options);
}
::avila::Result<void> UninterpretedOption::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> UninterpretedOption::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& UninterpretedOption::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool UninterpretedOption::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // name
      case 18U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->name.emplace_back())) return
            false;
        break;
      }
      // identifier_value
      case 26U: {
        if (!avila_in.bytes(this->identifier_value.emplace())) return false;
        break;
      }
      // positive_int_value
      case 32U: {
        if (!avila_in.uint64(this->positive_int_value.emplace())) return false;
        break;
      }
      // negative_int_value
      case 40U: {
        if (!avila_in.int64(this->negative_int_value.emplace())) return false;
        break;
      }
      // double_value
      case 49U: {
        if (!avila_in.double_(this->double_value.emplace())) return false;
        break;
      }
      // string_value
      case 58U: {
        if (!avila_in.bytes(this->string_value.emplace())) return false;
        break;
      }
      // aggregate_value
      case 66U: {
        if (!avila_in.bytes(this->aggregate_value.emplace())) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void UninterpretedOption::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (this->aggregate_value.has_value()) {
    avila_out.bytes(*this->aggregate_value);
    avila_out.varint(66U);
  }
  if (this->string_value.has_value()) {
    avila_out.bytes(*this->string_value);
    avila_out.varint(58U);
  }
  if (this->double_value.has_value()) {
    avila_out.double_(*this->double_value);
    avila_out.varint(49U);
  }
  if (this->negative_int_value.has_value()) {
    avila_out.int64(*this->negative_int_value);
    avila_out.varint(40U);
  }
  if (this->positive_int_value.has_value()) {
    avila_out.uint64(*this->positive_int_value);
    avila_out.varint(32U);
  }
  if (this->identifier_value.has_value()) {
    avila_out.bytes(*this->identifier_value);
    avila_out.varint(26U);
  }
  for (std::size_t avila_i = this->name.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->name[avila_i]);
    avila_out.varint(18U);
  }
}
bool UninterpretedOption::operator==(const UninterpretedOption& avila_other) const {
  if (!(this->name == avila_other.name)) return false;
  if (!(this->identifier_value == avila_other.identifier_value)) return false;
  if (!(this->positive_int_value == avila_other.positive_int_value)) return false;
  if (!(this->negative_int_value == avila_other.negative_int_value)) return false;
  if (!(this->double_value == avila_other.double_value)) return false;
  if (!(this->string_value == avila_other.string_value)) return false;
  if (!(this->aggregate_value == avila_other.aggregate_value)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}
std::string UninterpretedOption::missing_required() const {
  for (const auto& avila_one : this->name) {
    if (std::string avila_path = avila_one.missing_required(); !avila_path.empty()) return "name[]."
        + avila_path;
  }
  return {};
}

::avila::Result<FieldOptions> FieldOptions::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<FieldOptions>(avila_bytes, avila_options);
}
::avila::Result<void> FieldOptions::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> FieldOptions::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& FieldOptions::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool FieldOptions::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // ctype
      case 8U: {
        ::avila::protobuf::wkt::FieldOptions_CType avila_value{};
        if (!::avila::protobuf::generated::read_enum(avila_in, avila_value)) return false;
        if (to_string(avila_value).empty()) {
          avila_in.keep(this->unknown_fields);
        } else {
          this->ctype = avila_value;
        }
        break;
      }
      // packed
      case 16U: {
        if (!avila_in.boolean(this->packed.emplace())) return false;
        break;
      }
      // jstype
      case 48U: {
        ::avila::protobuf::wkt::FieldOptions_JSType avila_value{};
        if (!::avila::protobuf::generated::read_enum(avila_in, avila_value)) return false;
        if (to_string(avila_value).empty()) {
          avila_in.keep(this->unknown_fields);
        } else {
          this->jstype = avila_value;
        }
        break;
      }
      // lazy
      case 40U: {
        if (!avila_in.boolean(this->lazy.emplace())) return false;
        break;
      }
      // unverified_lazy
      case 120U: {
        if (!avila_in.boolean(this->unverified_lazy.emplace())) return false;
        break;
      }
      // deprecated
      case 24U: {
        if (!avila_in.boolean(this->deprecated.emplace())) return false;
        break;
      }
      // weak
      case 80U: {
        if (!avila_in.boolean(this->weak.emplace())) return false;
        break;
      }
      // uninterpreted_option
      case 7994U: {
        if (!::avila::protobuf::generated::read_message(avila_in,
            this->uninterpreted_option.emplace_back())) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void FieldOptions::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  for (std::size_t avila_i = this->uninterpreted_option.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->uninterpreted_option[avila_i]);
    avila_out.varint(7994U);
  }
  if (this->unverified_lazy.has_value()) {
    avila_out.boolean(*this->unverified_lazy);
    avila_out.varint(120U);
  }
  if (this->weak.has_value()) {
    avila_out.boolean(*this->weak);
    avila_out.varint(80U);
  }
  if (this->jstype.has_value()) {
    avila_out.int32(static_cast<std::int32_t>(*this->jstype));
    avila_out.varint(48U);
  }
  if (this->lazy.has_value()) {
    avila_out.boolean(*this->lazy);
    avila_out.varint(40U);
  }
  if (this->deprecated.has_value()) {
    avila_out.boolean(*this->deprecated);
    avila_out.varint(24U);
  }
  if (this->packed.has_value()) {
    avila_out.boolean(*this->packed);
    avila_out.varint(16U);
  }
  if (this->ctype.has_value()) {
    avila_out.int32(static_cast<std::int32_t>(*this->ctype));
    avila_out.varint(8U);
  }
}
bool FieldOptions::operator==(const FieldOptions& avila_other) const {
  if (!(this->ctype == avila_other.ctype)) return false;
  if (!(this->packed == avila_other.packed)) return false;
  if (!(this->jstype == avila_other.jstype)) return false;
  if (!(this->lazy == avila_other.lazy)) return false;
  if (!(this->unverified_lazy == avila_other.unverified_lazy)) return false;
  if (!(this->deprecated == avila_other.deprecated)) return false;
  if (!(this->weak == avila_other.weak)) return false;
  if (!(this->uninterpreted_option == avila_other.uninterpreted_option)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}
std::string FieldOptions::missing_required() const {
  for (const auto& avila_one : this->uninterpreted_option) {
    if (std::string avila_path = avila_one.missing_required(); !avila_path.empty()) return
        "uninterpreted_option[]." + avila_path;
  }
  return {};
}

::avila::Result<FieldDescriptorProto> FieldDescriptorProto::parse(::avila::ByteSpan avila_bytes,
    const ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<FieldDescriptorProto>(avila_bytes, avila_options);
}
::avila::Result<void> FieldDescriptorProto::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> FieldDescriptorProto::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& FieldDescriptorProto::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool FieldDescriptorProto::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // name
      case 10U: {
        if (!avila_in.bytes(this->name.emplace())) return false;
        break;
      }
      // number
      case 24U: {
        if (!avila_in.int32(this->number.emplace())) return false;
        break;
      }
      // label
      case 32U: {
        ::avila::protobuf::wkt::FieldDescriptorProto_Label avila_value{};
        if (!::avila::protobuf::generated::read_enum(avila_in, avila_value)) return false;
        if (to_string(avila_value).empty()) {
          avila_in.keep(this->unknown_fields);
        } else {
          this->label = avila_value;
        }
        break;
      }
      // type
      case 40U: {
        ::avila::protobuf::wkt::FieldDescriptorProto_Type avila_value{};
        if (!::avila::protobuf::generated::read_enum(avila_in, avila_value)) return false;
        if (to_string(avila_value).empty()) {
          avila_in.keep(this->unknown_fields);
        } else {
          this->type = avila_value;
        }
        break;
      }
      // type_name
      case 50U: {
        if (!avila_in.bytes(this->type_name.emplace())) return false;
        break;
      }
      // extendee
      case 18U: {
        if (!avila_in.bytes(this->extendee.emplace())) return false;
        break;
      }
      // default_value
      case 58U: {
        if (!avila_in.bytes(this->default_value.emplace())) return false;
        break;
      }
      // oneof_index
      case 72U: {
        if (!avila_in.int32(this->oneof_index.emplace())) return false;
        break;
      }
      // json_name
      case 82U: {
        if (!avila_in.bytes(this->json_name.emplace())) return false;
        break;
      }
      // options
      case 66U: {
        if (!this->options.has_value()) this->options.emplace();
        if (!::avila::protobuf::generated::read_message(avila_in, *this->options)) return false;
        break;
      }
      // proto3_optional
      case 136U: {
        if (!avila_in.boolean(this->proto3_optional.emplace())) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void FieldDescriptorProto::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (this->proto3_optional.has_value()) {
    avila_out.boolean(*this->proto3_optional);
    avila_out.varint(136U);
  }
  if (this->json_name.has_value()) {
    avila_out.bytes(*this->json_name);
    avila_out.varint(82U);
  }
  if (this->oneof_index.has_value()) {
    avila_out.int32(*this->oneof_index);
    avila_out.varint(72U);
  }
  if (this->options.has_value()) {
    ::avila::protobuf::generated::write_message(avila_out, *this->options);
    avila_out.varint(66U);
  }
  if (this->default_value.has_value()) {
    avila_out.bytes(*this->default_value);
    avila_out.varint(58U);
  }
  if (this->type_name.has_value()) {
    avila_out.bytes(*this->type_name);
    avila_out.varint(50U);
  }
  if (this->type.has_value()) {
    avila_out.int32(static_cast<std::int32_t>(*this->type));
    avila_out.varint(40U);
  }
  if (this->label.has_value()) {
    avila_out.int32(static_cast<std::int32_t>(*this->label));
    avila_out.varint(32U);
  }
  if (this->number.has_value()) {
    avila_out.int32(*this->number);
    avila_out.varint(24U);
  }
  if (this->extendee.has_value()) {
    avila_out.bytes(*this->extendee);
    avila_out.varint(18U);
  }
  if (this->name.has_value()) {
    avila_out.bytes(*this->name);
    avila_out.varint(10U);
  }
}
bool FieldDescriptorProto::operator==(const FieldDescriptorProto& avila_other) const {
  if (!(this->name == avila_other.name)) return false;
  if (!(this->number == avila_other.number)) return false;
  if (!(this->label == avila_other.label)) return false;
  if (!(this->type == avila_other.type)) return false;
  if (!(this->type_name == avila_other.type_name)) return false;
  if (!(this->extendee == avila_other.extendee)) return false;
  if (!(this->default_value == avila_other.default_value)) return false;
  if (!(this->oneof_index == avila_other.oneof_index)) return false;
  if (!(this->json_name == avila_other.json_name)) return false;
  if (!(this->options == avila_other.options)) return false;
  if (!(this->proto3_optional == avila_other.proto3_optional)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}
std::string FieldDescriptorProto::missing_required() const {
  if (this->options.has_value()) {
    if (std::string avila_path = this->options->missing_required(); !avila_path.empty()) return
        "options." + avila_path;
  }
  return {};
}

::avila::Result<EnumValueOptions> EnumValueOptions::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<EnumValueOptions>(avila_bytes, avila_options);
}
::avila::Result<void> EnumValueOptions::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> EnumValueOptions::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& EnumValueOptions::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool EnumValueOptions::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // deprecated
      case 8U: {
        if (!avila_in.boolean(this->deprecated.emplace())) return false;
        break;
      }
      // uninterpreted_option
      case 7994U: {
        if (!::avila::protobuf::generated::read_message(avila_in,
            this->uninterpreted_option.emplace_back())) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void EnumValueOptions::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  for (std::size_t avila_i = this->uninterpreted_option.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->uninterpreted_option[avila_i]);
    avila_out.varint(7994U);
  }
  if (this->deprecated.has_value()) {
    avila_out.boolean(*this->deprecated);
    avila_out.varint(8U);
  }
}
bool EnumValueOptions::operator==(const EnumValueOptions& avila_other) const {
  if (!(this->deprecated == avila_other.deprecated)) return false;
  if (!(this->uninterpreted_option == avila_other.uninterpreted_option)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}
std::string EnumValueOptions::missing_required() const {
  for (const auto& avila_one : this->uninterpreted_option) {
    if (std::string avila_path = avila_one.missing_required(); !avila_path.empty()) return
        "uninterpreted_option[]." + avila_path;
  }
  return {};
}

::avila::Result<EnumValueDescriptorProto> EnumValueDescriptorProto::parse(::avila::ByteSpan
    avila_bytes, const ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<EnumValueDescriptorProto>(avila_bytes, avila_options);
}
::avila::Result<void> EnumValueDescriptorProto::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> EnumValueDescriptorProto::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& EnumValueDescriptorProto::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool EnumValueDescriptorProto::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // name
      case 10U: {
        if (!avila_in.bytes(this->name.emplace())) return false;
        break;
      }
      // number
      case 16U: {
        if (!avila_in.int32(this->number.emplace())) return false;
        break;
      }
      // options
      case 26U: {
        if (!this->options.has_value()) this->options.emplace();
        if (!::avila::protobuf::generated::read_message(avila_in, *this->options)) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void EnumValueDescriptorProto::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (this->options.has_value()) {
    ::avila::protobuf::generated::write_message(avila_out, *this->options);
    avila_out.varint(26U);
  }
  if (this->number.has_value()) {
    avila_out.int32(*this->number);
    avila_out.varint(16U);
  }
  if (this->name.has_value()) {
    avila_out.bytes(*this->name);
    avila_out.varint(10U);
  }
}
bool EnumValueDescriptorProto::operator==(const EnumValueDescriptorProto& avila_other) const {
  if (!(this->name == avila_other.name)) return false;
  if (!(this->number == avila_other.number)) return false;
  if (!(this->options == avila_other.options)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}
std::string EnumValueDescriptorProto::missing_required() const {
  if (this->options.has_value()) {
    if (std::string avila_path = this->options->missing_required(); !avila_path.empty()) return
        "options." + avila_path;
  }
  return {};
}

::avila::Result<EnumOptions> EnumOptions::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<EnumOptions>(avila_bytes, avila_options);
}
::avila::Result<void> EnumOptions::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> EnumOptions::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& EnumOptions::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool EnumOptions::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // allow_alias
      case 16U: {
        if (!avila_in.boolean(this->allow_alias.emplace())) return false;
        break;
      }
      // deprecated
      case 24U: {
        if (!avila_in.boolean(this->deprecated.emplace())) return false;
        break;
      }
      // uninterpreted_option
      case 7994U: {
        if (!::avila::protobuf::generated::read_message(avila_in,
            this->uninterpreted_option.emplace_back())) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void EnumOptions::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  for (std::size_t avila_i = this->uninterpreted_option.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->uninterpreted_option[avila_i]);
    avila_out.varint(7994U);
  }
  if (this->deprecated.has_value()) {
    avila_out.boolean(*this->deprecated);
    avila_out.varint(24U);
  }
  if (this->allow_alias.has_value()) {
    avila_out.boolean(*this->allow_alias);
    avila_out.varint(16U);
  }
}
bool EnumOptions::operator==(const EnumOptions& avila_other) const {
  if (!(this->allow_alias == avila_other.allow_alias)) return false;
  if (!(this->deprecated == avila_other.deprecated)) return false;
  if (!(this->uninterpreted_option == avila_other.uninterpreted_option)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}
std::string EnumOptions::missing_required() const {
  for (const auto& avila_one : this->uninterpreted_option) {
    if (std::string avila_path = avila_one.missing_required(); !avila_path.empty()) return
        "uninterpreted_option[]." + avila_path;
  }
  return {};
}

::avila::Result<EnumDescriptorProto_EnumReservedRange>
    EnumDescriptorProto_EnumReservedRange::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<EnumDescriptorProto_EnumReservedRange>(avila_bytes,
      avila_options);
}
::avila::Result<void> EnumDescriptorProto_EnumReservedRange::merge(::avila::ByteSpan avila_bytes,
    const ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> EnumDescriptorProto_EnumReservedRange::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& EnumDescriptorProto_EnumReservedRange::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool EnumDescriptorProto_EnumReservedRange::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // start
      case 8U: {
        if (!avila_in.int32(this->start.emplace())) return false;
        break;
      }
      // end
      case 16U: {
        if (!avila_in.int32(this->end.emplace())) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void EnumDescriptorProto_EnumReservedRange::write_to(::avila::protobuf::BackwardWriter& avila_out)
    const {
  avila_out.raw(this->unknown_fields);
  if (this->end.has_value()) {
    avila_out.int32(*this->end);
    avila_out.varint(16U);
  }
  if (this->start.has_value()) {
    avila_out.int32(*this->start);
    avila_out.varint(8U);
  }
}
bool EnumDescriptorProto_EnumReservedRange::operator==(const EnumDescriptorProto_EnumReservedRange&
    avila_other) const {
  if (!(this->start == avila_other.start)) return false;
  if (!(this->end == avila_other.end)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

::avila::Result<EnumDescriptorProto> EnumDescriptorProto::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<EnumDescriptorProto>(avila_bytes, avila_options);
}
::avila::Result<void> EnumDescriptorProto::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> EnumDescriptorProto::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& EnumDescriptorProto::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool EnumDescriptorProto::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // name
      case 10U: {
        if (!avila_in.bytes(this->name.emplace())) return false;
        break;
      }
      // value
      case 18U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->value.emplace_back()))
            return false;
        break;
      }
      // options
      case 26U: {
        if (!this->options.has_value()) this->options.emplace();
        if (!::avila::protobuf::generated::read_message(avila_in, *this->options)) return false;
        break;
      }
      // reserved_range
      case 34U: {
        if (!::avila::protobuf::generated::read_message(avila_in,
            this->reserved_range.emplace_back())) return false;
        break;
      }
      // reserved_name
      case 42U: {
        if (!avila_in.bytes(this->reserved_name.emplace_back())) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void EnumDescriptorProto::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  for (std::size_t avila_i = this->reserved_name.size(); avila_i-- > 0;) {
    avila_out.bytes(this->reserved_name[avila_i]);
    avila_out.varint(42U);
  }
  for (std::size_t avila_i = this->reserved_range.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->reserved_range[avila_i]);
    avila_out.varint(34U);
  }
  if (this->options.has_value()) {
    ::avila::protobuf::generated::write_message(avila_out, *this->options);
    avila_out.varint(26U);
  }
  for (std::size_t avila_i = this->value.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->value[avila_i]);
    avila_out.varint(18U);
  }
  if (this->name.has_value()) {
    avila_out.bytes(*this->name);
    avila_out.varint(10U);
  }
}
bool EnumDescriptorProto::operator==(const EnumDescriptorProto& avila_other) const {
  if (!(this->name == avila_other.name)) return false;
  if (!(this->value == avila_other.value)) return false;
  if (!(this->options == avila_other.options)) return false;
  if (!(this->reserved_range == avila_other.reserved_range)) return false;
  if (!(this->reserved_name == avila_other.reserved_name)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}
std::string EnumDescriptorProto::missing_required() const {
  for (const auto& avila_one : this->value) {
    if (std::string avila_path = avila_one.missing_required(); !avila_path.empty()) return
        "value[]." + avila_path;
  }
  if (this->options.has_value()) {
    if (std::string avila_path = this->options->missing_required(); !avila_path.empty()) return
        "options." + avila_path;
  }
  return {};
}

::avila::Result<ExtensionRangeOptions> ExtensionRangeOptions::parse(::avila::ByteSpan avila_bytes,
    const ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<ExtensionRangeOptions>(avila_bytes, avila_options);
}
::avila::Result<void> ExtensionRangeOptions::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> ExtensionRangeOptions::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& ExtensionRangeOptions::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool ExtensionRangeOptions::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // uninterpreted_option
      case 7994U: {
        if (!::avila::protobuf::generated::read_message(avila_in,
            this->uninterpreted_option.emplace_back())) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void ExtensionRangeOptions::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  for (std::size_t avila_i = this->uninterpreted_option.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->uninterpreted_option[avila_i]);
    avila_out.varint(7994U);
  }
}
bool ExtensionRangeOptions::operator==(const ExtensionRangeOptions& avila_other) const {
  if (!(this->uninterpreted_option == avila_other.uninterpreted_option)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}
std::string ExtensionRangeOptions::missing_required() const {
  for (const auto& avila_one : this->uninterpreted_option) {
    if (std::string avila_path = avila_one.missing_required(); !avila_path.empty()) return
        "uninterpreted_option[]." + avila_path;
  }
  return {};
}

::avila::Result<DescriptorProto_ExtensionRange>
    DescriptorProto_ExtensionRange::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<DescriptorProto_ExtensionRange>(avila_bytes,
      avila_options);
}
::avila::Result<void> DescriptorProto_ExtensionRange::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> DescriptorProto_ExtensionRange::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& DescriptorProto_ExtensionRange::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool DescriptorProto_ExtensionRange::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // start
      case 8U: {
        if (!avila_in.int32(this->start.emplace())) return false;
        break;
      }
      // end
      case 16U: {
        if (!avila_in.int32(this->end.emplace())) return false;
        break;
      }
      // options
      case 26U: {
        if (!this->options.has_value()) this->options.emplace();
        if (!::avila::protobuf::generated::read_message(avila_in, *this->options)) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void DescriptorProto_ExtensionRange::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (this->options.has_value()) {
    ::avila::protobuf::generated::write_message(avila_out, *this->options);
    avila_out.varint(26U);
  }
  if (this->end.has_value()) {
    avila_out.int32(*this->end);
    avila_out.varint(16U);
  }
  if (this->start.has_value()) {
    avila_out.int32(*this->start);
    avila_out.varint(8U);
  }
}
bool DescriptorProto_ExtensionRange::operator==(const DescriptorProto_ExtensionRange& avila_other)
    const {
  if (!(this->start == avila_other.start)) return false;
  if (!(this->end == avila_other.end)) return false;
  if (!(this->options == avila_other.options)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}
std::string DescriptorProto_ExtensionRange::missing_required() const {
  if (this->options.has_value()) {
    if (std::string avila_path = this->options->missing_required(); !avila_path.empty()) return
        "options." + avila_path;
  }
  return {};
}

::avila::Result<OneofOptions> OneofOptions::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<OneofOptions>(avila_bytes, avila_options);
}
::avila::Result<void> OneofOptions::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> OneofOptions::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& OneofOptions::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool OneofOptions::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // uninterpreted_option
      case 7994U: {
        if (!::avila::protobuf::generated::read_message(avila_in,
            this->uninterpreted_option.emplace_back())) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void OneofOptions::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  for (std::size_t avila_i = this->uninterpreted_option.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->uninterpreted_option[avila_i]);
    avila_out.varint(7994U);
  }
}
bool OneofOptions::operator==(const OneofOptions& avila_other) const {
  if (!(this->uninterpreted_option == avila_other.uninterpreted_option)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}
std::string OneofOptions::missing_required() const {
  for (const auto& avila_one : this->uninterpreted_option) {
    if (std::string avila_path = avila_one.missing_required(); !avila_path.empty()) return
        "uninterpreted_option[]." + avila_path;
  }
  return {};
}

::avila::Result<OneofDescriptorProto> OneofDescriptorProto::parse(::avila::ByteSpan avila_bytes,
    const ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<OneofDescriptorProto>(avila_bytes, avila_options);
}
::avila::Result<void> OneofDescriptorProto::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> OneofDescriptorProto::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& OneofDescriptorProto::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool OneofDescriptorProto::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // name
      case 10U: {
        if (!avila_in.bytes(this->name.emplace())) return false;
        break;
      }
      // options
      case 18U: {
        if (!this->options.has_value()) this->options.emplace();
        if (!::avila::protobuf::generated::read_message(avila_in, *this->options)) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void OneofDescriptorProto::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (this->options.has_value()) {
    ::avila::protobuf::generated::write_message(avila_out, *this->options);
    avila_out.varint(18U);
  }
  if (this->name.has_value()) {
    avila_out.bytes(*this->name);
    avila_out.varint(10U);
  }
}
bool OneofDescriptorProto::operator==(const OneofDescriptorProto& avila_other) const {
  if (!(this->name == avila_other.name)) return false;
  if (!(this->options == avila_other.options)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}
std::string OneofDescriptorProto::missing_required() const {
  if (this->options.has_value()) {
    if (std::string avila_path = this->options->missing_required(); !avila_path.empty()) return
        "options." + avila_path;
  }
  return {};
}

::avila::Result<MessageOptions> MessageOptions::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<MessageOptions>(avila_bytes, avila_options);
}
::avila::Result<void> MessageOptions::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> MessageOptions::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& MessageOptions::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool MessageOptions::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // message_set_wire_format
      case 8U: {
        if (!avila_in.boolean(this->message_set_wire_format.emplace())) return false;
        break;
      }
      // no_standard_descriptor_accessor
      case 16U: {
        if (!avila_in.boolean(this->no_standard_descriptor_accessor.emplace())) return false;
        break;
      }
      // deprecated
      case 24U: {
        if (!avila_in.boolean(this->deprecated.emplace())) return false;
        break;
      }
      // map_entry
      case 56U: {
        if (!avila_in.boolean(this->map_entry.emplace())) return false;
        break;
      }
      // uninterpreted_option
      case 7994U: {
        if (!::avila::protobuf::generated::read_message(avila_in,
            this->uninterpreted_option.emplace_back())) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void MessageOptions::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  for (std::size_t avila_i = this->uninterpreted_option.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->uninterpreted_option[avila_i]);
    avila_out.varint(7994U);
  }
  if (this->map_entry.has_value()) {
    avila_out.boolean(*this->map_entry);
    avila_out.varint(56U);
  }
  if (this->deprecated.has_value()) {
    avila_out.boolean(*this->deprecated);
    avila_out.varint(24U);
  }
  if (this->no_standard_descriptor_accessor.has_value()) {
    avila_out.boolean(*this->no_standard_descriptor_accessor);
    avila_out.varint(16U);
  }
  if (this->message_set_wire_format.has_value()) {
    avila_out.boolean(*this->message_set_wire_format);
    avila_out.varint(8U);
  }
}
bool MessageOptions::operator==(const MessageOptions& avila_other) const {
  if (!(this->message_set_wire_format == avila_other.message_set_wire_format)) return false;
  if (!(this->no_standard_descriptor_accessor == avila_other.no_standard_descriptor_accessor))
      return false;
  if (!(this->deprecated == avila_other.deprecated)) return false;
  if (!(this->map_entry == avila_other.map_entry)) return false;
  if (!(this->uninterpreted_option == avila_other.uninterpreted_option)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}
std::string MessageOptions::missing_required() const {
  for (const auto& avila_one : this->uninterpreted_option) {
    if (std::string avila_path = avila_one.missing_required(); !avila_path.empty()) return
        "uninterpreted_option[]." + avila_path;
  }
  return {};
}

::avila::Result<DescriptorProto_ReservedRange>
    DescriptorProto_ReservedRange::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<DescriptorProto_ReservedRange>(avila_bytes,
      avila_options);
}
::avila::Result<void> DescriptorProto_ReservedRange::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> DescriptorProto_ReservedRange::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& DescriptorProto_ReservedRange::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool DescriptorProto_ReservedRange::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // start
      case 8U: {
        if (!avila_in.int32(this->start.emplace())) return false;
        break;
      }
      // end
      case 16U: {
        if (!avila_in.int32(this->end.emplace())) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void DescriptorProto_ReservedRange::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (this->end.has_value()) {
    avila_out.int32(*this->end);
    avila_out.varint(16U);
  }
  if (this->start.has_value()) {
    avila_out.int32(*this->start);
    avila_out.varint(8U);
  }
}
bool DescriptorProto_ReservedRange::operator==(const DescriptorProto_ReservedRange& avila_other)
    const {
  if (!(this->start == avila_other.start)) return false;
  if (!(this->end == avila_other.end)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

::avila::Result<DescriptorProto> DescriptorProto::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<DescriptorProto>(avila_bytes, avila_options);
}
::avila::Result<void> DescriptorProto::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> DescriptorProto::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& DescriptorProto::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool DescriptorProto::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // name
      case 10U: {
        if (!avila_in.bytes(this->name.emplace())) return false;
        break;
      }
      // field
      case 18U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->field.emplace_back()))
            return false;
        break;
      }
      // extension
      case 50U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->extension.emplace_back()))
            return false;
        break;
      }
      // nested_type
      case 26U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->nested_type.emplace_back()))
            return false;
        break;
      }
      // enum_type
      case 34U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->enum_type.emplace_back()))
            return false;
        break;
      }
      // extension_range
      case 42U: {
        if (!::avila::protobuf::generated::read_message(avila_in,
            this->extension_range.emplace_back())) return false;
        break;
      }
      // oneof_decl
      case 66U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->oneof_decl.emplace_back()))
            return false;
        break;
      }
      // options
      case 58U: {
        if (!this->options.has_value()) this->options.emplace();
        if (!::avila::protobuf::generated::read_message(avila_in, *this->options)) return false;
        break;
      }
      // reserved_range
      case 74U: {
        if (!::avila::protobuf::generated::read_message(avila_in,
            this->reserved_range.emplace_back())) return false;
        break;
      }
      // reserved_name
      case 82U: {
        if (!avila_in.bytes(this->reserved_name.emplace_back())) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void DescriptorProto::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  for (std::size_t avila_i = this->reserved_name.size(); avila_i-- > 0;) {
    avila_out.bytes(this->reserved_name[avila_i]);
    avila_out.varint(82U);
  }
  for (std::size_t avila_i = this->reserved_range.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->reserved_range[avila_i]);
    avila_out.varint(74U);
  }
  for (std::size_t avila_i = this->oneof_decl.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->oneof_decl[avila_i]);
    avila_out.varint(66U);
  }
  if (this->options.has_value()) {
    ::avila::protobuf::generated::write_message(avila_out, *this->options);
    avila_out.varint(58U);
  }
  for (std::size_t avila_i = this->extension.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->extension[avila_i]);
    avila_out.varint(50U);
  }
  for (std::size_t avila_i = this->extension_range.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->extension_range[avila_i]);
    avila_out.varint(42U);
  }
  for (std::size_t avila_i = this->enum_type.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->enum_type[avila_i]);
    avila_out.varint(34U);
  }
  for (std::size_t avila_i = this->nested_type.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->nested_type[avila_i]);
    avila_out.varint(26U);
  }
  for (std::size_t avila_i = this->field.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->field[avila_i]);
    avila_out.varint(18U);
  }
  if (this->name.has_value()) {
    avila_out.bytes(*this->name);
    avila_out.varint(10U);
  }
}
bool DescriptorProto::operator==(const DescriptorProto& avila_other) const {
  if (!(this->name == avila_other.name)) return false;
  if (!(this->field == avila_other.field)) return false;
  if (!(this->extension == avila_other.extension)) return false;
  if (!(this->nested_type == avila_other.nested_type)) return false;
  if (!(this->enum_type == avila_other.enum_type)) return false;
  if (!(this->extension_range == avila_other.extension_range)) return false;
  if (!(this->oneof_decl == avila_other.oneof_decl)) return false;
  if (!(this->options == avila_other.options)) return false;
  if (!(this->reserved_range == avila_other.reserved_range)) return false;
  if (!(this->reserved_name == avila_other.reserved_name)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}
std::string DescriptorProto::missing_required() const {
  for (const auto& avila_one : this->field) {
    if (std::string avila_path = avila_one.missing_required(); !avila_path.empty()) return
        "field[]." + avila_path;
  }
  for (const auto& avila_one : this->extension) {
    if (std::string avila_path = avila_one.missing_required(); !avila_path.empty()) return
        "extension[]." + avila_path;
  }
  for (const auto& avila_one : this->nested_type) {
    if (std::string avila_path = avila_one.missing_required(); !avila_path.empty()) return
        "nested_type[]." + avila_path;
  }
  for (const auto& avila_one : this->enum_type) {
    if (std::string avila_path = avila_one.missing_required(); !avila_path.empty()) return
        "enum_type[]." + avila_path;
  }
  for (const auto& avila_one : this->extension_range) {
    if (std::string avila_path = avila_one.missing_required(); !avila_path.empty()) return
        "extension_range[]." + avila_path;
  }
  for (const auto& avila_one : this->oneof_decl) {
    if (std::string avila_path = avila_one.missing_required(); !avila_path.empty()) return
        "oneof_decl[]." + avila_path;
  }
  if (this->options.has_value()) {
    if (std::string avila_path = this->options->missing_required(); !avila_path.empty()) return
        "options." + avila_path;
  }
  return {};
}

::avila::Result<MethodOptions> MethodOptions::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<MethodOptions>(avila_bytes, avila_options);
}
::avila::Result<void> MethodOptions::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> MethodOptions::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& MethodOptions::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool MethodOptions::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // deprecated
      case 264U: {
        if (!avila_in.boolean(this->deprecated.emplace())) return false;
        break;
      }
      // idempotency_level
      case 272U: {
        ::avila::protobuf::wkt::MethodOptions_IdempotencyLevel avila_value{};
        if (!::avila::protobuf::generated::read_enum(avila_in, avila_value)) return false;
        if (to_string(avila_value).empty()) {
          avila_in.keep(this->unknown_fields);
        } else {
          this->idempotency_level = avila_value;
        }
        break;
      }
      // uninterpreted_option
      case 7994U: {
        if (!::avila::protobuf::generated::read_message(avila_in,
            this->uninterpreted_option.emplace_back())) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void MethodOptions::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  for (std::size_t avila_i = this->uninterpreted_option.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->uninterpreted_option[avila_i]);
    avila_out.varint(7994U);
  }
  if (this->idempotency_level.has_value()) {
    avila_out.int32(static_cast<std::int32_t>(*this->idempotency_level));
    avila_out.varint(272U);
  }
  if (this->deprecated.has_value()) {
    avila_out.boolean(*this->deprecated);
    avila_out.varint(264U);
  }
}
bool MethodOptions::operator==(const MethodOptions& avila_other) const {
  if (!(this->deprecated == avila_other.deprecated)) return false;
  if (!(this->idempotency_level == avila_other.idempotency_level)) return false;
  if (!(this->uninterpreted_option == avila_other.uninterpreted_option)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}
std::string MethodOptions::missing_required() const {
  for (const auto& avila_one : this->uninterpreted_option) {
    if (std::string avila_path = avila_one.missing_required(); !avila_path.empty()) return
        "uninterpreted_option[]." + avila_path;
  }
  return {};
}

::avila::Result<MethodDescriptorProto> MethodDescriptorProto::parse(::avila::ByteSpan avila_bytes,
    const ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<MethodDescriptorProto>(avila_bytes, avila_options);
}
::avila::Result<void> MethodDescriptorProto::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> MethodDescriptorProto::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& MethodDescriptorProto::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool MethodDescriptorProto::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // name
      case 10U: {
        if (!avila_in.bytes(this->name.emplace())) return false;
        break;
      }
      // input_type
      case 18U: {
        if (!avila_in.bytes(this->input_type.emplace())) return false;
        break;
      }
      // output_type
      case 26U: {
        if (!avila_in.bytes(this->output_type.emplace())) return false;
        break;
      }
      // options
      case 34U: {
        if (!this->options.has_value()) this->options.emplace();
        if (!::avila::protobuf::generated::read_message(avila_in, *this->options)) return false;
        break;
      }
      // client_streaming
      case 40U: {
        if (!avila_in.boolean(this->client_streaming.emplace())) return false;
        break;
      }
      // server_streaming
      case 48U: {
        if (!avila_in.boolean(this->server_streaming.emplace())) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void MethodDescriptorProto::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (this->server_streaming.has_value()) {
    avila_out.boolean(*this->server_streaming);
    avila_out.varint(48U);
  }
  if (this->client_streaming.has_value()) {
    avila_out.boolean(*this->client_streaming);
    avila_out.varint(40U);
  }
  if (this->options.has_value()) {
    ::avila::protobuf::generated::write_message(avila_out, *this->options);
    avila_out.varint(34U);
  }
  if (this->output_type.has_value()) {
    avila_out.bytes(*this->output_type);
    avila_out.varint(26U);
  }
  if (this->input_type.has_value()) {
    avila_out.bytes(*this->input_type);
    avila_out.varint(18U);
  }
  if (this->name.has_value()) {
    avila_out.bytes(*this->name);
    avila_out.varint(10U);
  }
}
bool MethodDescriptorProto::operator==(const MethodDescriptorProto& avila_other) const {
  if (!(this->name == avila_other.name)) return false;
  if (!(this->input_type == avila_other.input_type)) return false;
  if (!(this->output_type == avila_other.output_type)) return false;
  if (!(this->options == avila_other.options)) return false;
  if (!(this->client_streaming == avila_other.client_streaming)) return false;
  if (!(this->server_streaming == avila_other.server_streaming)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}
std::string MethodDescriptorProto::missing_required() const {
  if (this->options.has_value()) {
    if (std::string avila_path = this->options->missing_required(); !avila_path.empty()) return
        "options." + avila_path;
  }
  return {};
}

::avila::Result<ServiceOptions> ServiceOptions::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<ServiceOptions>(avila_bytes, avila_options);
}
::avila::Result<void> ServiceOptions::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> ServiceOptions::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& ServiceOptions::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool ServiceOptions::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // deprecated
      case 264U: {
        if (!avila_in.boolean(this->deprecated.emplace())) return false;
        break;
      }
      // uninterpreted_option
      case 7994U: {
        if (!::avila::protobuf::generated::read_message(avila_in,
            this->uninterpreted_option.emplace_back())) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void ServiceOptions::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  for (std::size_t avila_i = this->uninterpreted_option.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->uninterpreted_option[avila_i]);
    avila_out.varint(7994U);
  }
  if (this->deprecated.has_value()) {
    avila_out.boolean(*this->deprecated);
    avila_out.varint(264U);
  }
}
bool ServiceOptions::operator==(const ServiceOptions& avila_other) const {
  if (!(this->deprecated == avila_other.deprecated)) return false;
  if (!(this->uninterpreted_option == avila_other.uninterpreted_option)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}
std::string ServiceOptions::missing_required() const {
  for (const auto& avila_one : this->uninterpreted_option) {
    if (std::string avila_path = avila_one.missing_required(); !avila_path.empty()) return
        "uninterpreted_option[]." + avila_path;
  }
  return {};
}

::avila::Result<ServiceDescriptorProto> ServiceDescriptorProto::parse(::avila::ByteSpan avila_bytes,
    const ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<ServiceDescriptorProto>(avila_bytes, avila_options);
}
::avila::Result<void> ServiceDescriptorProto::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> ServiceDescriptorProto::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& ServiceDescriptorProto::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool ServiceDescriptorProto::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // name
      case 10U: {
        if (!avila_in.bytes(this->name.emplace())) return false;
        break;
      }
      // method
      case 18U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->method.emplace_back()))
            return false;
        break;
      }
      // options
      case 26U: {
        if (!this->options.has_value()) this->options.emplace();
        if (!::avila::protobuf::generated::read_message(avila_in, *this->options)) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void ServiceDescriptorProto::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (this->options.has_value()) {
    ::avila::protobuf::generated::write_message(avila_out, *this->options);
    avila_out.varint(26U);
  }
  for (std::size_t avila_i = this->method.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->method[avila_i]);
    avila_out.varint(18U);
  }
  if (this->name.has_value()) {
    avila_out.bytes(*this->name);
    avila_out.varint(10U);
  }
}
bool ServiceDescriptorProto::operator==(const ServiceDescriptorProto& avila_other) const {
  if (!(this->name == avila_other.name)) return false;
  if (!(this->method == avila_other.method)) return false;
  if (!(this->options == avila_other.options)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}
std::string ServiceDescriptorProto::missing_required() const {
  for (const auto& avila_one : this->method) {
    if (std::string avila_path = avila_one.missing_required(); !avila_path.empty()) return
        "method[]." + avila_path;
  }
  if (this->options.has_value()) {
    if (std::string avila_path = this->options->missing_required(); !avila_path.empty()) return
        "options." + avila_path;
  }
  return {};
}

::avila::Result<FileOptions> FileOptions::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<FileOptions>(avila_bytes, avila_options);
}
::avila::Result<void> FileOptions::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> FileOptions::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& FileOptions::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool FileOptions::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // java_package
      case 10U: {
        if (!avila_in.bytes(this->java_package.emplace())) return false;
        break;
      }
      // java_outer_classname
      case 66U: {
        if (!avila_in.bytes(this->java_outer_classname.emplace())) return false;
        break;
      }
      // java_multiple_files
      case 80U: {
        if (!avila_in.boolean(this->java_multiple_files.emplace())) return false;
        break;
      }
      // java_generate_equals_and_hash
      case 160U: {
        if (!avila_in.boolean(this->java_generate_equals_and_hash.emplace())) return false;
        break;
      }
      // java_string_check_utf8
      case 216U: {
        if (!avila_in.boolean(this->java_string_check_utf8.emplace())) return false;
        break;
      }
      // optimize_for
      case 72U: {
        ::avila::protobuf::wkt::FileOptions_OptimizeMode avila_value{};
        if (!::avila::protobuf::generated::read_enum(avila_in, avila_value)) return false;
        if (to_string(avila_value).empty()) {
          avila_in.keep(this->unknown_fields);
        } else {
          this->optimize_for = avila_value;
        }
        break;
      }
      // go_package
      case 90U: {
        if (!avila_in.bytes(this->go_package.emplace())) return false;
        break;
      }
      // cc_generic_services
      case 128U: {
        if (!avila_in.boolean(this->cc_generic_services.emplace())) return false;
        break;
      }
      // java_generic_services
      case 136U: {
        if (!avila_in.boolean(this->java_generic_services.emplace())) return false;
        break;
      }
      // py_generic_services
      case 144U: {
        if (!avila_in.boolean(this->py_generic_services.emplace())) return false;
        break;
      }
      // php_generic_services
      case 336U: {
        if (!avila_in.boolean(this->php_generic_services.emplace())) return false;
        break;
      }
      // deprecated
      case 184U: {
        if (!avila_in.boolean(this->deprecated.emplace())) return false;
        break;
      }
      // cc_enable_arenas
      case 248U: {
        if (!avila_in.boolean(this->cc_enable_arenas.emplace())) return false;
        break;
      }
      // objc_class_prefix
      case 290U: {
        if (!avila_in.bytes(this->objc_class_prefix.emplace())) return false;
        break;
      }
      // csharp_namespace
      case 298U: {
        if (!avila_in.bytes(this->csharp_namespace.emplace())) return false;
        break;
      }
      // swift_prefix
      case 314U: {
        if (!avila_in.bytes(this->swift_prefix.emplace())) return false;
        break;
      }
      // php_class_prefix
      case 322U: {
        if (!avila_in.bytes(this->php_class_prefix.emplace())) return false;
        break;
      }
      // php_namespace
      case 330U: {
        if (!avila_in.bytes(this->php_namespace.emplace())) return false;
        break;
      }
      // php_metadata_namespace
      case 354U: {
        if (!avila_in.bytes(this->php_metadata_namespace.emplace())) return false;
        break;
      }
      // ruby_package
      case 362U: {
        if (!avila_in.bytes(this->ruby_package.emplace())) return false;
        break;
      }
      // uninterpreted_option
      case 7994U: {
        if (!::avila::protobuf::generated::read_message(avila_in,
            this->uninterpreted_option.emplace_back())) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void FileOptions::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  for (std::size_t avila_i = this->uninterpreted_option.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->uninterpreted_option[avila_i]);
    avila_out.varint(7994U);
  }
  if (this->ruby_package.has_value()) {
    avila_out.bytes(*this->ruby_package);
    avila_out.varint(362U);
  }
  if (this->php_metadata_namespace.has_value()) {
    avila_out.bytes(*this->php_metadata_namespace);
    avila_out.varint(354U);
  }
  if (this->php_generic_services.has_value()) {
    avila_out.boolean(*this->php_generic_services);
    avila_out.varint(336U);
  }
  if (this->php_namespace.has_value()) {
    avila_out.bytes(*this->php_namespace);
    avila_out.varint(330U);
  }
  if (this->php_class_prefix.has_value()) {
    avila_out.bytes(*this->php_class_prefix);
    avila_out.varint(322U);
  }
  if (this->swift_prefix.has_value()) {
    avila_out.bytes(*this->swift_prefix);
    avila_out.varint(314U);
  }
  if (this->csharp_namespace.has_value()) {
    avila_out.bytes(*this->csharp_namespace);
    avila_out.varint(298U);
  }
  if (this->objc_class_prefix.has_value()) {
    avila_out.bytes(*this->objc_class_prefix);
    avila_out.varint(290U);
  }
  if (this->cc_enable_arenas.has_value()) {
    avila_out.boolean(*this->cc_enable_arenas);
    avila_out.varint(248U);
  }
  if (this->java_string_check_utf8.has_value()) {
    avila_out.boolean(*this->java_string_check_utf8);
    avila_out.varint(216U);
  }
  if (this->deprecated.has_value()) {
    avila_out.boolean(*this->deprecated);
    avila_out.varint(184U);
  }
  if (this->java_generate_equals_and_hash.has_value()) {
    avila_out.boolean(*this->java_generate_equals_and_hash);
    avila_out.varint(160U);
  }
  if (this->py_generic_services.has_value()) {
    avila_out.boolean(*this->py_generic_services);
    avila_out.varint(144U);
  }
  if (this->java_generic_services.has_value()) {
    avila_out.boolean(*this->java_generic_services);
    avila_out.varint(136U);
  }
  if (this->cc_generic_services.has_value()) {
    avila_out.boolean(*this->cc_generic_services);
    avila_out.varint(128U);
  }
  if (this->go_package.has_value()) {
    avila_out.bytes(*this->go_package);
    avila_out.varint(90U);
  }
  if (this->java_multiple_files.has_value()) {
    avila_out.boolean(*this->java_multiple_files);
    avila_out.varint(80U);
  }
  if (this->optimize_for.has_value()) {
    avila_out.int32(static_cast<std::int32_t>(*this->optimize_for));
    avila_out.varint(72U);
  }
  if (this->java_outer_classname.has_value()) {
    avila_out.bytes(*this->java_outer_classname);
    avila_out.varint(66U);
  }
  if (this->java_package.has_value()) {
    avila_out.bytes(*this->java_package);
    avila_out.varint(10U);
  }
}
bool FileOptions::operator==(const FileOptions& avila_other) const {
  if (!(this->java_package == avila_other.java_package)) return false;
  if (!(this->java_outer_classname == avila_other.java_outer_classname)) return false;
  if (!(this->java_multiple_files == avila_other.java_multiple_files)) return false;
  if (!(this->java_generate_equals_and_hash == avila_other.java_generate_equals_and_hash)) return
      false;
  if (!(this->java_string_check_utf8 == avila_other.java_string_check_utf8)) return false;
  if (!(this->optimize_for == avila_other.optimize_for)) return false;
  if (!(this->go_package == avila_other.go_package)) return false;
  if (!(this->cc_generic_services == avila_other.cc_generic_services)) return false;
  if (!(this->java_generic_services == avila_other.java_generic_services)) return false;
  if (!(this->py_generic_services == avila_other.py_generic_services)) return false;
  if (!(this->php_generic_services == avila_other.php_generic_services)) return false;
  if (!(this->deprecated == avila_other.deprecated)) return false;
  if (!(this->cc_enable_arenas == avila_other.cc_enable_arenas)) return false;
  if (!(this->objc_class_prefix == avila_other.objc_class_prefix)) return false;
  if (!(this->csharp_namespace == avila_other.csharp_namespace)) return false;
  if (!(this->swift_prefix == avila_other.swift_prefix)) return false;
  if (!(this->php_class_prefix == avila_other.php_class_prefix)) return false;
  if (!(this->php_namespace == avila_other.php_namespace)) return false;
  if (!(this->php_metadata_namespace == avila_other.php_metadata_namespace)) return false;
  if (!(this->ruby_package == avila_other.ruby_package)) return false;
  if (!(this->uninterpreted_option == avila_other.uninterpreted_option)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}
std::string FileOptions::missing_required() const {
  for (const auto& avila_one : this->uninterpreted_option) {
    if (std::string avila_path = avila_one.missing_required(); !avila_path.empty()) return
        "uninterpreted_option[]." + avila_path;
  }
  return {};
}

::avila::Result<SourceCodeInfo_Location> SourceCodeInfo_Location::parse(::avila::ByteSpan
    avila_bytes, const ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<SourceCodeInfo_Location>(avila_bytes, avila_options);
}
::avila::Result<void> SourceCodeInfo_Location::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> SourceCodeInfo_Location::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& SourceCodeInfo_Location::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool SourceCodeInfo_Location::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // path
      case 8U: {
        if (!avila_in.int32(this->path.emplace_back())) return false;
        break;
      }
      // path, packed
      case 10U: {
        if (!::avila::protobuf::generated::read_packed(avila_in, [&](::avila::protobuf::Reader&
            avila_packed) { return avila_packed.int32(this->path.emplace_back()); })) return false;
        break;
      }
      // span
      case 16U: {
        if (!avila_in.int32(this->span.emplace_back())) return false;
        break;
      }
      // span, packed
      case 18U: {
        if (!::avila::protobuf::generated::read_packed(avila_in, [&](::avila::protobuf::Reader&
            avila_packed) { return avila_packed.int32(this->span.emplace_back()); })) return false;
        break;
      }
      // leading_comments
      case 26U: {
        if (!avila_in.bytes(this->leading_comments.emplace())) return false;
        break;
      }
      // trailing_comments
      case 34U: {
        if (!avila_in.bytes(this->trailing_comments.emplace())) return false;
        break;
      }
      // leading_detached_comments
      case 50U: {
        if (!avila_in.bytes(this->leading_detached_comments.emplace_back())) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void SourceCodeInfo_Location::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  for (std::size_t avila_i = this->leading_detached_comments.size(); avila_i-- > 0;) {
    avila_out.bytes(this->leading_detached_comments[avila_i]);
    avila_out.varint(50U);
  }
  if (this->trailing_comments.has_value()) {
    avila_out.bytes(*this->trailing_comments);
    avila_out.varint(34U);
  }
  if (this->leading_comments.has_value()) {
    avila_out.bytes(*this->leading_comments);
    avila_out.varint(26U);
  }
  if (!this->span.empty()) {
    const std::size_t avila_mark = avila_out.size();
    for (std::size_t avila_i = this->span.size(); avila_i-- > 0;)
      avila_out.int32(this->span[avila_i]);
    avila_out.length_since(avila_mark);
    avila_out.varint(18U);
  }
  if (!this->path.empty()) {
    const std::size_t avila_mark = avila_out.size();
    for (std::size_t avila_i = this->path.size(); avila_i-- > 0;)
      avila_out.int32(this->path[avila_i]);
    avila_out.length_since(avila_mark);
    avila_out.varint(10U);
  }
}
bool SourceCodeInfo_Location::operator==(const SourceCodeInfo_Location& avila_other) const {
  if (!(this->path == avila_other.path)) return false;
  if (!(this->span == avila_other.span)) return false;
  if (!(this->leading_comments == avila_other.leading_comments)) return false;
  if (!(this->trailing_comments == avila_other.trailing_comments)) return false;
  if (!(this->leading_detached_comments == avila_other.leading_detached_comments)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

::avila::Result<SourceCodeInfo> SourceCodeInfo::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<SourceCodeInfo>(avila_bytes, avila_options);
}
::avila::Result<void> SourceCodeInfo::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> SourceCodeInfo::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& SourceCodeInfo::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool SourceCodeInfo::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // location
      case 10U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->location.emplace_back()))
            return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void SourceCodeInfo::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  for (std::size_t avila_i = this->location.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->location[avila_i]);
    avila_out.varint(10U);
  }
}
bool SourceCodeInfo::operator==(const SourceCodeInfo& avila_other) const {
  if (!(this->location == avila_other.location)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

::avila::Result<FileDescriptorProto> FileDescriptorProto::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<FileDescriptorProto>(avila_bytes, avila_options);
}
::avila::Result<void> FileDescriptorProto::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> FileDescriptorProto::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& FileDescriptorProto::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool FileDescriptorProto::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // name
      case 10U: {
        if (!avila_in.bytes(this->name.emplace())) return false;
        break;
      }
      // package
      case 18U: {
        if (!avila_in.bytes(this->package.emplace())) return false;
        break;
      }
      // dependency
      case 26U: {
        if (!avila_in.bytes(this->dependency.emplace_back())) return false;
        break;
      }
      // public_dependency
      case 80U: {
        if (!avila_in.int32(this->public_dependency.emplace_back())) return false;
        break;
      }
      // public_dependency, packed
      case 82U: {
        if (!::avila::protobuf::generated::read_packed(avila_in, [&](::avila::protobuf::Reader&
            avila_packed) { return avila_packed.int32(this->public_dependency.emplace_back()); }))
            return false;
        break;
      }
      // weak_dependency
      case 88U: {
        if (!avila_in.int32(this->weak_dependency.emplace_back())) return false;
        break;
      }
      // weak_dependency, packed
      case 90U: {
        if (!::avila::protobuf::generated::read_packed(avila_in, [&](::avila::protobuf::Reader&
            avila_packed) { return avila_packed.int32(this->weak_dependency.emplace_back()); }))
            return false;
        break;
      }
      // message_type
      case 34U: {
        if (!::avila::protobuf::generated::read_message(avila_in,
            this->message_type.emplace_back())) return false;
        break;
      }
      // enum_type
      case 42U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->enum_type.emplace_back()))
            return false;
        break;
      }
      // service
      case 50U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->service.emplace_back()))
            return false;
        break;
      }
      // extension
      case 58U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->extension.emplace_back()))
            return false;
        break;
      }
      // options
      case 66U: {
        if (!this->options.has_value()) this->options.emplace();
        if (!::avila::protobuf::generated::read_message(avila_in, *this->options)) return false;
        break;
      }
      // source_code_info
      case 74U: {
        if (!this->source_code_info.has_value()) this->source_code_info.emplace();
        if (!::avila::protobuf::generated::read_message(avila_in, *this->source_code_info)) return
            false;
        break;
      }
      // syntax
      case 98U: {
        if (!avila_in.bytes(this->syntax.emplace())) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void FileDescriptorProto::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (this->syntax.has_value()) {
    avila_out.bytes(*this->syntax);
    avila_out.varint(98U);
  }
  for (std::size_t avila_i = this->weak_dependency.size(); avila_i-- > 0;) {
    avila_out.int32(this->weak_dependency[avila_i]);
    avila_out.varint(88U);
  }
  for (std::size_t avila_i = this->public_dependency.size(); avila_i-- > 0;) {
    avila_out.int32(this->public_dependency[avila_i]);
    avila_out.varint(80U);
  }
  if (this->source_code_info.has_value()) {
    ::avila::protobuf::generated::write_message(avila_out, *this->source_code_info);
    avila_out.varint(74U);
  }
  if (this->options.has_value()) {
    ::avila::protobuf::generated::write_message(avila_out, *this->options);
    avila_out.varint(66U);
  }
  for (std::size_t avila_i = this->extension.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->extension[avila_i]);
    avila_out.varint(58U);
  }
  for (std::size_t avila_i = this->service.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->service[avila_i]);
    avila_out.varint(50U);
  }
  for (std::size_t avila_i = this->enum_type.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->enum_type[avila_i]);
    avila_out.varint(42U);
  }
  for (std::size_t avila_i = this->message_type.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->message_type[avila_i]);
    avila_out.varint(34U);
  }
  for (std::size_t avila_i = this->dependency.size(); avila_i-- > 0;) {
    avila_out.bytes(this->dependency[avila_i]);
    avila_out.varint(26U);
  }
  if (this->package.has_value()) {
    avila_out.bytes(*this->package);
    avila_out.varint(18U);
  }
  if (this->name.has_value()) {
    avila_out.bytes(*this->name);
    avila_out.varint(10U);
  }
}
bool FileDescriptorProto::operator==(const FileDescriptorProto& avila_other) const {
  if (!(this->name == avila_other.name)) return false;
  if (!(this->package == avila_other.package)) return false;
  if (!(this->dependency == avila_other.dependency)) return false;
  if (!(this->public_dependency == avila_other.public_dependency)) return false;
  if (!(this->weak_dependency == avila_other.weak_dependency)) return false;
  if (!(this->message_type == avila_other.message_type)) return false;
  if (!(this->enum_type == avila_other.enum_type)) return false;
  if (!(this->service == avila_other.service)) return false;
  if (!(this->extension == avila_other.extension)) return false;
  if (!(this->options == avila_other.options)) return false;
  if (!(this->source_code_info == avila_other.source_code_info)) return false;
  if (!(this->syntax == avila_other.syntax)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}
std::string FileDescriptorProto::missing_required() const {
  for (const auto& avila_one : this->message_type) {
    if (std::string avila_path = avila_one.missing_required(); !avila_path.empty()) return
        "message_type[]." + avila_path;
  }
  for (const auto& avila_one : this->enum_type) {
    if (std::string avila_path = avila_one.missing_required(); !avila_path.empty()) return
        "enum_type[]." + avila_path;
  }
  for (const auto& avila_one : this->service) {
    if (std::string avila_path = avila_one.missing_required(); !avila_path.empty()) return
        "service[]." + avila_path;
  }
  for (const auto& avila_one : this->extension) {
    if (std::string avila_path = avila_one.missing_required(); !avila_path.empty()) return
        "extension[]." + avila_path;
  }
  if (this->options.has_value()) {
    if (std::string avila_path = this->options->missing_required(); !avila_path.empty()) return
        "options." + avila_path;
  }
  return {};
}

::avila::Result<FileDescriptorSet> FileDescriptorSet::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<FileDescriptorSet>(avila_bytes, avila_options);
}
::avila::Result<void> FileDescriptorSet::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> FileDescriptorSet::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& FileDescriptorSet::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool FileDescriptorSet::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // file
      case 10U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->file.emplace_back())) return
            false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void FileDescriptorSet::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  for (std::size_t avila_i = this->file.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->file[avila_i]);
    avila_out.varint(10U);
  }
}
bool FileDescriptorSet::operator==(const FileDescriptorSet& avila_other) const {
  if (!(this->file == avila_other.file)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}
std::string FileDescriptorSet::missing_required() const {
  for (const auto& avila_one : this->file) {
    if (std::string avila_path = avila_one.missing_required(); !avila_path.empty()) return "file[]."
        + avila_path;
  }
  return {};
}

::avila::Result<GeneratedCodeInfo_Annotation> GeneratedCodeInfo_Annotation::parse(::avila::ByteSpan
    avila_bytes, const ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<GeneratedCodeInfo_Annotation>(avila_bytes, avila_options);
}
::avila::Result<void> GeneratedCodeInfo_Annotation::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> GeneratedCodeInfo_Annotation::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& GeneratedCodeInfo_Annotation::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool GeneratedCodeInfo_Annotation::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // path
      case 8U: {
        if (!avila_in.int32(this->path.emplace_back())) return false;
        break;
      }
      // path, packed
      case 10U: {
        if (!::avila::protobuf::generated::read_packed(avila_in, [&](::avila::protobuf::Reader&
            avila_packed) { return avila_packed.int32(this->path.emplace_back()); })) return false;
        break;
      }
      // source_file
      case 18U: {
        if (!avila_in.bytes(this->source_file.emplace())) return false;
        break;
      }
      // begin
      case 24U: {
        if (!avila_in.int32(this->begin.emplace())) return false;
        break;
      }
      // end
      case 32U: {
        if (!avila_in.int32(this->end.emplace())) return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void GeneratedCodeInfo_Annotation::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  if (this->end.has_value()) {
    avila_out.int32(*this->end);
    avila_out.varint(32U);
  }
  if (this->begin.has_value()) {
    avila_out.int32(*this->begin);
    avila_out.varint(24U);
  }
  if (this->source_file.has_value()) {
    avila_out.bytes(*this->source_file);
    avila_out.varint(18U);
  }
  if (!this->path.empty()) {
    const std::size_t avila_mark = avila_out.size();
    for (std::size_t avila_i = this->path.size(); avila_i-- > 0;)
      avila_out.int32(this->path[avila_i]);
    avila_out.length_since(avila_mark);
    avila_out.varint(10U);
  }
}
bool GeneratedCodeInfo_Annotation::operator==(const GeneratedCodeInfo_Annotation& avila_other) const
    {
  if (!(this->path == avila_other.path)) return false;
  if (!(this->source_file == avila_other.source_file)) return false;
  if (!(this->begin == avila_other.begin)) return false;
  if (!(this->end == avila_other.end)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

::avila::Result<GeneratedCodeInfo> GeneratedCodeInfo::parse(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::parse_message<GeneratedCodeInfo>(avila_bytes, avila_options);
}
::avila::Result<void> GeneratedCodeInfo::merge(::avila::ByteSpan avila_bytes, const
    ::avila::protobuf::ParseOptions& avila_options) {
  return ::avila::protobuf::merge_message(*this, avila_bytes, avila_options);
}
::avila::Result<std::string> GeneratedCodeInfo::serialize() const {
  return ::avila::protobuf::serialize_message(*this);
}
const ::avila::protobuf::MessageDescriptor& GeneratedCodeInfo::descriptor() {
  static const ::avila::protobuf::MessageDescriptor& avila_made =
      ::avila::protobuf::generated_message(file_google_protobuf_descriptor(), kFullName);
  return avila_made;
}
bool GeneratedCodeInfo::read_from(::avila::protobuf::Reader& avila_in) {
  for (std::uint32_t avila_tag = 0; avila_in.next(avila_tag);) {
    switch (avila_tag) {
      // annotation
      case 10U: {
        if (!::avila::protobuf::generated::read_message(avila_in, this->annotation.emplace_back()))
            return false;
        break;
      }
      default: {
        if (!avila_in.unknown(avila_tag, this->unknown_fields)) return false;
      }
    }
  }
  return !avila_in.failed();
}
void GeneratedCodeInfo::write_to(::avila::protobuf::BackwardWriter& avila_out) const {
  avila_out.raw(this->unknown_fields);
  for (std::size_t avila_i = this->annotation.size(); avila_i-- > 0;) {
    ::avila::protobuf::generated::write_message(avila_out, this->annotation[avila_i]);
    avila_out.varint(10U);
  }
}
bool GeneratedCodeInfo::operator==(const GeneratedCodeInfo& avila_other) const {
  if (!(this->annotation == avila_other.annotation)) return false;
  return this->unknown_fields == avila_other.unknown_fields;
}

}  // namespace avila::protobuf::wkt
