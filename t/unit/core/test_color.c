#include <string.h>

#include "core/color.h"
#include "tap.h"

#define COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))

static const struct {
    const char *text, *read;   /* read: NULL when it is no color */
} colors[] = {
    { "#000000", "#000000" }, { "#FFFFFF", "#ffffff" },
    { "#1a2B3c", "#1a2b3c" }, { "#fa0", "#ffaa00" },
    { NULL }, { "" }, { "#" }, { "000000" }, { "#0000000" }, { "#00000" },
    { "#00" }, { "#gggggg" }, { "#12345;" }, { " #000" }, { "red" },
    { "#-12" }, { "#00000\n" },
};

static tpa_color_t color(const char *text)
{
    tpa_color_t c;

    ck_assert(tpa_color_parse(text, &c));
    return c;
}

START_TEST(parse)
{
    tpa_color_t c;

    ck_assert_int_eq(tpa_color_parse(colors[_i].text, &c),
                     colors[_i].read != NULL);
    if (colors[_i].read)
        ck_assert_str_eq(tpa_color_text(c, p), colors[_i].read);
}
END_TEST

/* Ratios as WCAG and its tools tell them. */
static const struct {
    const char *a, *b;
    double ratio;
} ratios[] = {
    { "#000000", "#ffffff", 21.0 },  { "#ffffff", "#ffffff", 1.0 },
    { "#777777", "#ffffff", 4.478 }, { "#767676", "#ffffff", 4.542 },
    { "#ff0000", "#ffffff", 3.998 }, { "#0000ff", "#ffffff", 8.592 },
};

START_TEST(contrast)
{
    double got = tpa_color_contrast(color(ratios[_i].a), color(ratios[_i].b));

    ck_assert_double_eq_tol(got, ratios[_i].ratio, 0.001);
    ck_assert_double_eq(got, tpa_color_contrast(color(ratios[_i].b),
                                                color(ratios[_i].a)));
}
END_TEST

/* Every 5th value of each part: 52 x 52 x 52 colors. */
START_TEST(any_color)
{
    int r, g, b;

    for (r = 0; r < 256; r += 5) {
        for (g = 0; g < 256; g += 5) {
            for (b = 0; b < 256; b += 5) {
                const tpa_color_t c = { r, g, b };
                const tpa_color_t card = { 27, 31, 39 };
                tpa_color_t out = tpa_color_away(c, card, 3);

                ck_assert(tpa_color_contrast(c, tpa_color_ink(c)) >= 4.5);
                ck_assert(tpa_color_contrast(out, card) >= 3);
                if (tpa_color_contrast(c, card) >= 3)
                    ck_assert(!memcmp(&c, &out, sizeof(c)));
            }
        }
    }
}
END_TEST

START_TEST(inks)
{
    ck_assert_str_eq(tpa_color_text(tpa_color_ink(color("#fff")), p),
                     "#000000");
    ck_assert_str_eq(tpa_color_text(tpa_color_ink(color("#24c")), p),
                     "#ffffff");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("color");
    TCase *tc = tap_case(s, "color");

    tcase_add_loop_test(tc, parse, 0, COUNT(colors));
    tcase_add_loop_test(tc, contrast, 0, COUNT(ratios));
    tcase_add_test(tc, any_color);
    tcase_add_test(tc, inks);
    return s;
}
