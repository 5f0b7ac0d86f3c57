"""Cases for the personal-data rules that come from other people's generators: values and near misses of Faker (MIT) and check digits of
python-stdnum, in sentences that were written before the rules were run on them.

    pip install faker==40.63.0 python-stdnum && python bench/agent/personal-data-cases.py > packages/core/src/personal-data/__fixtures__/cases.jsonl
"""
import json
import random
from faker import Faker
from stdnum.cn import uscc

Faker.seed(20261129)
random.seed(20261129)
z, e = Faker("zh_CN"), Faker("en_US")
CREDIT = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def credit_code():
    body = random.choice(["91", "92", "93", "52", "12"]) + random.choice(["11", "31", "33", "44"]) + "%04d" % random.randrange(1, 9999) + "".join(random.choice(CREDIT) for _ in range(9))
    return body + uscc.calc_check_digit(body)


def spaced(digits):
    return " ".join(digits[i : i + 4] for i in range(0, len(digits), 4))


def secret(f):
    while True:
        value = f.password(random.choice([10, 12, 16]))
        if not any(c in value for c in "()"):
            return value


mobile = lambda: random.choice([z.phone_number, z.phone_number, lambda: "+86 " + z.phone_number(), lambda: (lambda p: f"{p[:3]} {p[3:7]} {p[7:]}")(z.phone_number())])()
card = lambda: random.choice([z.credit_card_number(), z.credit_card_number("unionpay") if "unionpay" in getattr(z, "credit_card_types", {}) else z.credit_card_number(), spaced(e.credit_card_number("visa16")), e.credit_card_number("mastercard"), e.credit_card_number("amex")])
passport = lambda: random.choice([z.passport_number(), e.passport_number()])
change = lambda digits: digits[:-1] + str((int(digits[-1]) + random.randrange(1, 9)) % 10)

POSITIVE = {
    "zh": {
        "cn-id": (lambda: z.ssn(), ["申请人{name}的身份证号码是{x}，请核对后归档。", "附件三：{x}（{name}）", "证件类型：居民身份证；号码：{x}；有效期十年", "{name} {x} {address}"]),
        "cn-mobile": (mobile, ["如有疑问请拨打{x}找{name}。", "收货人：{name}，{x}，{address}", "{name}说他新换的号是{x}，旧号停用了。", "联系方式 {x}（同微信）"]),
        "bank-card": (card, ["工资请打到我的卡上：{x}，开户行不变。", "退款账户{x}，户名{name}", "卡号 {x} 已于昨日挂失。"]),
        "passport": (passport, ["护照号{x}，签发地上海。", "出境人员：{name}，护照号码：{x}", "请带上护照（{x}）原件办理。"]),
        "cn-plate": (lambda: random.choice([z.license_plate(), z.license_plate().replace("-", ""), z.license_plate().replace("-", "·")]), ["访客车辆{x}请放行。", "{name}的车是{x}，停在地下二层。", "车牌：{x}，颜色：白"]),
        "cn-credit-code": (credit_code, ["{company}，统一社会信用代码{x}。", "购买方纳税人识别号：{x}", "供应商编码旁边写的是{x}"]),
        "email": (lambda: random.choice([z.email(), z.company_email(), z.free_email()]), ["发票请发到{x}。", "{name}（{x}）负责本项目", "邮箱：{x}，两天内回复"]),
        "secret": (lambda: secret(z), ["初始密码：{x} 请尽快修改", "数据库口令为 {x} ，不要外传", "密码是{x} 登录后更换"]),
    },
    "en": {
        "cn-id": (lambda: z.ssn(), ["Her resident ID is {x}, issued in Ningbo.", "ID {x} / {name}", "We keep a copy of {x} on file."]),
        "cn-mobile": (mobile, ["Call {name} on {x} after lunch.", "Mobile: {x}", "You can reach the Hangzhou office at {x}."]),
        "bank-card": (card, ["I want to increase the limit on my card # {x}.", "My card {x} expires soon, {name}", "Please charge {x} for the spare parts."]),
        "passport": (passport, ["Passport No. {x} was scanned at the gate.", "passport number: {x}", "His passport ({x}) is valid until May."]),
        "email": (lambda: random.choice([e.email(), e.company_email(), e.ascii_safe_email()]), ["Write to {x} for a quote.", "{name} <{x}>", "cc: {x}; thanks"]),
        "secret": (lambda: secret(e), ["The password is {x} for now.", "api_key={x}", "pwd: {x}"]),
        "cn-credit-code": (credit_code, ["The supplier's credit code is {x}.", "Tax no. {x}, {company}"]),
    },
}

MISS = [
    lambda f: f.ean13(), lambda f: f.ean8(), lambda f: f.isbn13(), lambda f: f.isbn10(), lambda f: f.ipv4(), lambda f: f.ipv6(), lambda f: f.mac_address(), lambda f: f.uuid4(), lambda f: f.md5(), lambda f: f.sha1(),
    lambda f: f.iso8601(), lambda f: f.date(), lambda f: f.unix_time().__str__(), lambda f: str(int(f.unix_time()) * 1000), lambda f: e.ssn(), lambda f: e.basic_phone_number(), lambda f: e.iban(), lambda f: e.bban(), lambda f: e.swift(), lambda f: e.vin(),
    lambda f: e.aba(), lambda f: f.postcode(), lambda f: f.file_name(), lambda f: f.image_url(), lambda f: f.uri(), lambda f: f.user_name(), lambda f: "@" + f.user_name(), lambda f: f.hostname(), lambda f: f.hex_color(), lambda f: e.license_plate(),
    lambda f: change(f.credit_card_number()), lambda f: (lambda i: i[:17] + ("0" if i[17] != "0" else "1"))(z.ssn()), lambda f: z.phone_number()[:-1], lambda f: z.phone_number() + f.numerify("##"), lambda f: f.bothify("??-####-####").upper(), lambda f: f.numerify("0574-########"), lambda f: f.numerify("400-###-####"),
    lambda f: f.numerify("PO%########"), lambda f: (lambda c: c[:17] + ("A" if c[17] != "A" else "B"))(credit_code()), lambda f: f.numerify("v%.#.##"), lambda f: "%.2f" % random.uniform(1000, 9999999), lambda f: f.numerify("%#,###,###"), lambda f: f.bothify("icon@2x.png"), lambda f: f.numerify("pkg@%.#.#"),
]
MISS_FRAMES = {
    "zh": ["本次记录：{x}，请查收。", "编号{x}的设备已到货", "参数值 {x} 不在范围内。", "（{x}）"],
    "en": ["The value is {x}.", "See {x} for details", "Ref {x}, second shelf", "It showed {x}, then stopped."],
}


def fill(f, frame, x):
    return frame.format(x=x, name=f.name(), address=f.address().replace("\n", ", "), company=f.company())


for language, f in (("zh", z), ("en", e)):
    for kind, (make, frames) in POSITIVE[language].items():
        for index in range(48 if language == "zh" else 54):
            value = make()
            print(json.dumps({"language": language, "kind": kind, "value": value, "text": fill(f, frames[index % len(frames)], value)}, ensure_ascii=False))
    for index in range(len(MISS) * 9):
        value = MISS[index % len(MISS)](f)
        print(json.dumps({"language": language, "text": fill(f, MISS_FRAMES[language][(index // len(MISS)) % 4], value), "value": value}, ensure_ascii=False))
