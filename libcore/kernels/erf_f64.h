/*
 * The error function, and x Phi (x), in f64.
 *
 * erf: [0, 5.94], beyond which it rounds to 1, in 16 intervals that widen with the function's flattening; in each a
 * polynomial in the distance from a point near the middle, chosen so that erf is within 2^-10 of its last place of a double
 * there (Gal, Computing elementary functions, 1986): then only the last sum rounds. In the first three it is erf (x) - x.
 *
 * gelu: x Phi (x) = a e^(-a^2/2) G(a), a = |x|, with x - that where x > 0. G, half the scaled complementary error function
 * of a / sqrt (2), is smooth over all of [0, 38.7], beyond which the product rounds to 0: a table likewise, in 16 intervals,
 * four an octave of a + 2.6.
 *
 * The coefficients are those of Chebyshev series in multiple precision, cut at 2^-56 of the function.
 */
#include "exponential_sum_f64.h"

/* The point, then the coefficients from that of degree 0. */
#define ERF_F64_ROWS(ROW) \
    ROW(0, 0, 0x1.06eba8214db69p-3, 0, -0x1.812746b0379cdp-2, 0, 0x1.ce2f21a02b6cbp-4, 0, -0x1.b82ce2992739fp-6, 0, \
        0x1.565aaf67164edp-8, 0, -0x1.bdc1b4fe63f0ep-11, 0) \
    ROW(0x1.ce2e055ba8p-3, 0x1.94eaa12fe48f9p-6, 0x1.2859b8bb04aaep-4, -0x1.ef9e7876f0e7p-3, -0x1.48bf192241dbp-2, \
        0x1.decaa3c953ba6p-4, 0x1.5f468773e6bdfp-4, -0x1.34345ff32b3aap-5, -0x1.26cd95413e725p-6, 0x1.296f4321d9409p-7, \
        0x1.8edc2ff1c1473p-9, -0x1.c8204cad3dbf5p-10, -0x1.b03adda95651ep-12, 0) \
    ROW(0x1.e08c45ebd8p-2, 0x1.8626b7511aaadp-6, -0x1.83bbad627fd54p-4, -0x1.b30f0051b33f4p-2, \
        -0x1.59d28c8f2eb6dp-3, 0x1.732f08db0bf11p-3, 0x1.10900e6891822p-6, -0x1.a13f60e1dd60bp-5, 0x1.77f46d35046bcp-9, \
        0x1.5a9bdf1b0c095p-7, -0x1.b3424ef8de479p-10, -0x1.c193209b976ap-10, 0x1.a7f6b1b29f89fp-12, 0) \
    ROW(0x1.6b606f50e8p-1, 0x1.5e73793abfc3p-1, 0x1.5d1db1a4edfa1p-1, -0x1.ef8c9dd5b0fep-2, 0x1.b939934e7f845p-10, \
        0x1.49249921d9b04p-3, -0x1.79e53ef6be3fbp-5, -0x1.05af91cce6ce4p-5, 0x1.1e13fa751f61fp-6, 0x1.eb24ff7730917p-9, \
        -0x1.053aa6c3525c7p-8, -0x1.b12d7361006acp-14, 0x1.5a5e0e746afd1p-11, 0) \
    ROW(0x1.ef1d2957ccp-1, 0x1.a83836d9841cfp-1, 0x1.c58f5d3dbb5d1p-2, -0x1.b699efe3b8394p-2, 0x1.07242a95e47e1p-3, \
        0x1.4a56cbe2e65f7p-4, -0x1.1da99770cf13bp-4, 0x1.feb6f8736b6bp-11, 0x1.0ba665b80ca07p-6, -0x1.107d6a89f476dp-8, \
        -0x1.2b433793e8778p-9, 0x1.32d5540c3970ap-10, 0x1.6a3c14561d24bp-13, 0) \
    ROW(0x1.3a84dc52adp+0, 0x1.d5dca462c8f1dp-1, 0x1.fecb85761444p-3, -0x1.39c75d1fc16d7p-2, 0x1.57bdff9ad0943p-3, \
        -0x1.f9253e605fa53p-11, -0x1.989c9c9255906p-5, 0x1.52e3144dc2c49p-6, 0x1.2e79d7bab5a7ap-8, \
        -0x1.7f5fcd93eed95p-8, 0x1.6ed38de37fd03p-11, 0x1.c52348262424bp-11, -0x1.40e089d40feb3p-12, 0) \
    ROW(0x1.81df89c99cp+0, 0x1.ef1626f51d37p-1, 0x1.dc89399b54912p-4, -0x1.67253dd441246p-3, 0x1.1979898d56c8cp-3, \
        -0x1.71aece0897228p-5, -0x1.cb8310e71379p-7, 0x1.389a4285f5da3p-6, -0x1.3fb060465d094p-8, -0x1.26f7cd8ae5839p-9, \
        0x1.be3b2cb740c7p-10, -0x1.c662d2ef17b45p-14, -0x1.0225cfd1aee54p-12, 0) \
    ROW(0x1.cdc31bc6c1p+0, 0x1.fa7fb16fd1d04p-1, 0x1.6525fc521c335p-5, -0x1.421acd07ac987p-4, 0x1.47ced654e8548p-4, \
        -0x1.788cc5667a2bcp-5, 0x1.2bfd29c098f0dp-7, 0x1.ba91722f25d79p-8, -0x1.72ef0bb7b741ap-8, 0x1.21b4ce791742bp-10, \
        0x1.58d6498e25f77p-11, -0x1.c2e774a7b0529p-12, 0x1.008429afbe786p-15, 0) \
    ROW(0x1.0e302b9e868p+1, 0x1.fe8c88a685e8bp-1, 0x1.ad5f2c88fcdb4p-7, -0x1.c52b2bf9b382cp-6, 0x1.1b13456a3bc29p-5, \
        -0x1.be78ca1eaca2ap-6, 0x1.9e41862296044p-7, -0x1.aade057c442ccp-10, -0x1.09ced7fe3f787p-9, \
        0x1.7404c5a098644p-10, -0x1.1c85264fb9adap-12, -0x1.22ee4519e177fp-13, 0x1.95d2198fb9b9p-14, 0) \
    ROW(0x1.37c45aedccp+1, 0x1.ffb50805128dep-1, 0x1.8830d411b5a6bp-9, -0x1.dda022515d013p-8, 0x1.63192f9f33fccp-7, \
        -0x1.60d945ddefdacp-7, 0x1.da7b6f95eebbp-8, -0x1.8a15fc5248b5fp-9, 0x1.826dd8b1f8d64p-12, 0x1.b852ab20b76d6p-12, \
        -0x1.3968745f04ab6p-12, 0x1.2338720c9cacdp-14, 0x1.215b6e3b911c8p-16, 0) \
    ROW(0x1.664b85b6bcp+1, 0x1.fff61eb88e2f5p-1, 0x1.d3ee0ee288268p-12, -0x1.477479fbeb3adp-10, \
        0x1.1e09bd3618c2fp-9, -0x1.59c29731a8c3p-9, 0x1.2d53940e712f6p-9, -0x1.79e7ea1ec51e5p-10, 0x1.3d7ead191711ap-11, \
        -0x1.e1c71ae411a6ep-14, -0x1.84778c0b1cbbfp-15, 0x1.850d9d0ea3122p-15, -0x1.090d2b2fb7bccp-16, 0) \
    ROW(0x1.95efe310c7p+1, 0x1.ffff0b5b4b23p-1, 0x1.95a6e6cb83418p-15, -0x1.419e94df38104p-13, \
        0x1.4317379dcc39ep-12, -0x1.cab80e409ba07p-12, 0x1.e4fb740bbe9ecp-12, -0x1.865ce4c0676fap-12, \
        0x1.dc7b2fc225ffcp-13, -0x1.a501ac32d6cc9p-14, 0x1.bd2408bcf1a4dp-16, 0x1.5a088a7907fbcp-20, \
        -0x1.3f17fa2faa445p-18, 0) \
    ROW(0x1.ce1519b4bep+1, 0x1.fffff4eb91397p-1, 0x1.4b76cd2cc8aadp-19, -0x1.2b25dc263f29ap-17, \
        0x1.5a2a5f1374f42p-16, -0x1.1f7cadc2aff14p-15, 0x1.6b356847117f8p-15, -0x1.68665e66d866dp-15, \
        0x1.1d40037a3551cp-15, -0x1.6870d03649026p-16, 0x1.647edafccb611p-17, -0x1.012c7e86ad44dp-18, \
        0x1.9662e46e5e6d8p-21, 0) \
    ROW(0x1.05cd0c1db3p+2, 0x1.ffffffc1ba0a7p-1, 0x1.05f35528438fap-24, -0x1.0be2e669af413p-22, \
        0x1.625c63a4d7e3bp-21, -0x1.54110f7113606p-20, 0x1.f7486713081e2p-20, -0x1.29ca17b31200fp-19, \
        0x1.201c76f2d2419p-19, -0x1.cd452708910b6p-20, 0x1.33df0d3b52b96p-20, -0x1.5dcdd9a325618p-21, \
        0x1.2c200259cd1fbp-22, 0) \
    ROW(0x1.2b7a898b738p+2, 0x1.ffffffffafb8dp-1, 0x1.7fdfcba0854f4p-32, -0x1.c11256ce28bc7p-30, \
        0x1.563aacd725b21p-28, -0x1.7da16089505b3p-27, 0x1.4b8106761895bp-26, -0x1.d26afcafd3a38p-26, \
        0x1.1024d8a9eaee8p-25, -0x1.0a4ea66c88e93p-25, 0x1.c4368948fa638p-26, -0x1.6bd47b66a21f7p-26, \
        0x1.ad59174cb388dp-27, 0) \
    ROW(0x1.5ed9601b248p+2, 0x1.fffffffffffafp-1, 0x1.c326c64ec1e94p-44, -0x1.3568e1da6bdep-41, \
        0x1.15fcddc839f4ep-39, -0x1.6e5b25af4b668p-38, 0x1.7ce1e09117b62p-37, -0x1.4c281cd806d56p-36, \
        0x1.da600f01f39ebp-36, -0x1.f623b43f7625ep-36, 0x1.074cdfd76f0e2p-35, -0x1.92c6cc013fa21p-35, \
        0x1.50642794fc955p-35, 0)

/* G's, of degree 14. */
#define GAUSSIAN_F64_ROWS(ROW) \
    ROW(0x1.05a11a7254p-2, 0x1.a64f9fc6bfc75p-2, -0x1.2c9e16d6cff37p-2, 0x1.598108d5d4296p-3, -0x1.55f91f24c158ep-4, \
        0x1.2dd1429db1707p-5, -0x1.e577567d47a8ap-7, 0x1.6913ffb4d9ecbp-8, -0x1.f61a0303d6feap-10, \
        0x1.4901b7974f03fp-11, -0x1.98f3d9e3c6e46p-13, 0x1.e49e04d80d0bap-15, -0x1.12e182cf8404fp-16, \
        0x1.2b8cfb883343ep-18, -0x1.3f5e524d2ab96p-20, 0x1.4adafe27e4a74p-22) \
    ROW(0x1.81449687aap-1, 0x1.32ff781452368p-2, -0x1.63043283b0ce6p-3, 0x1.5adab93d9c34p-4, -0x1.2b5af923fa3e1p-5, \
        0x1.d473700b9b134p-7, -0x1.51f8224cf2902p-8, 0x1.c70f02a710dfep-10, -0x1.206a82d3326fp-11, \
        0x1.5a8ba57035289p-13, -0x1.8cd7dabafc45bp-15, 0x1.b306f1a58353p-17, -0x1.ca28095fde41ep-19, \
        0x1.d106a21c2a783p-21, -0x1.ce1f711b65f41p-23, 0x1.bae21feb2f4b7p-25) \
    ROW(0x1.4a48c0a323p+0, 0x1.cfa84ac07cd4p-3, -0x1.b5abe3c760437p-4, 0x1.6aa4a032145ffp-5, -0x1.0fa5abe9b7c06p-6, \
        0x1.76d07dc72b9d8p-8, -0x1.e26920aad7652p-10, 0x1.2449c8cef11e8p-11, -0x1.4fd6e6b55e9c1p-13, \
        0x1.6fee56771f6afp-15, -0x1.8212a08daaf9p-17, 0x1.8572ebee7ce04p-19, -0x1.7ace95942fe98p-21, \
        0x1.6468cbe63a168p-23, -0x1.49e4df362070ap-25, 0x1.1dde0c6da7f93p-27) \
    ROW(0x1.0a984be9dd8p+1, 0x1.4dedd5fd523f8p-3, -0x1.e624553a0b7fcp-5, 0x1.43316b61f2d67p-6, \
        -0x1.8edc913f6cd85p-8, 0x1.ce08bd3586e63p-10, -0x1.fa81e5eae4d9dp-12, 0x1.08661eca5ef4bp-13, \
        -0x1.083090788a0a7p-15, 0x1.fb593a778b457p-18, -0x1.d5b3f94ecb39ep-20, 0x1.a4711dd7feb71p-22, \
        -0x1.6c8d44c616fdfp-24, 0x1.337dced41d297p-26, -0x1.0536ba6d64f2fp-28, 0x1.94a7afd51a75p-31) \
    ROW(0x1.8d86ac7961p+1, 0x1.e33d4658c237cp-4, -0x1.0a91a2f7133f6p-5, 0x1.1534c3303ad4bp-7, -0x1.11d1a79e2509p-9, \
        0x1.026eb26f916bdp-11, -0x1.d44567e344b27p-14, 0x1.98c66a6ef6098p-16, -0x1.58e4a605f3e05p-18, \
        0x1.19fccdc34fd2p-20, -0x1.bfd56ffa73ccp-23, 0x1.5a091c15be663p-25, -0x1.04842864e2bb7p-27, \
        0x1.7eb6db70ef7f4p-30, -0x1.1b290e9c50d31p-32, 0x1.9b27fc8ce3cc4p-35) \
    ROW(0x1.0596516c5ecp+2, 0x1.7b3b1979cc6b3p-4, -0x1.5026504ec4391p-6, 0x1.1df541e021c84p-8, \
        -0x1.d4ce7a8ab8911p-11, 0x1.7382eae4fadep-13, -0x1.1d65f3cca6d73p-15, 0x1.aa0cc46230515p-18, \
        -0x1.359880d05fe49p-20, 0x1.b6c9fccf7a22bp-23, -0x1.2fb0d9c19db98p-25, 0x1.9b1aec4556467p-28, \
        -0x1.106171637adbdp-30, 0x1.61f0edfdafb69p-33, -0x1.cd4a488aed386p-36, 0x1.1c96b5bfea755p-38) \
    ROW(0x1.4cabe702fdp+2, 0x1.2fd480fd365dap-4, -0x1.b616dacd6db97p-7, 0x1.32e98d00f526cp-9, \
        -0x1.a2beb51c884ddp-12, 0x1.16aa5f7bdab29p-14, -0x1.6a5da67a8db67p-17, 0x1.ccffd2c01254ap-20, \
        -0x1.1f3b5d1299a85p-22, 0x1.5ef7d7a3a8b01p-25, -0x1.a4e98493546f2p-28, 0x1.efe224be4120bp-31, \
        -0x1.1f177f01b94f1p-33, 0x1.46f5e0b345f61p-36, -0x1.783e43c8ed90fp-39, 0x1.a93ce32fcc00dp-42) \
    ROW(0x1.b060a1ab808p+2, 0x1.d9c6e8c97eb3cp-5, -0x1.0d627dbb756acp-7, 0x1.2cb058e992ec5p-10, \
        -0x1.49bee44b71065p-13, 0x1.6390c60226f0bp-16, -0x1.7948172070864p-19, 0x1.8a3293baaf12p-22, \
        -0x1.95d27004626c2p-25, 0x1.9be3658dcfb51p-28, -0x1.9c5ccff4a0048p-31, 0x1.97664deb0d333p-34, \
        -0x1.8cfa375ef71a5p-37, 0x1.7f386533b6c14p-40, -0x1.7f6ceff0bc8b3p-43, 0x1.5a4a595ff3164p-46) \
    ROW(0x1.191f248edap+3, 0x1.6f5dee7ce5213p-5, -0x1.4661e80592816p-8, 0x1.1e984af938b28p-11, \
        -0x1.f1a56499561f8p-15, 0x1.ab5806dff8145p-18, -0x1.6b16d17df01a6p-21, 0x1.31534dfeba493p-24, \
        -0x1.fc5fb9c6227b2p-28, 0x1.a31d80b3a0333p-31, -0x1.5642e0d9e2862p-34, 0x1.14ec6f0faf2e7p-37, \
        -0x1.bbd8edae36d42p-41, 0x1.60ae1c5369bb9p-44, -0x1.2033459e85c54p-47, 0x1.c5b256b91e4ddp-51) \
    ROW(0x1.59e6eb5efecp+3, 0x1.2bd12bc975764p-5, -0x1.b47ed2945f5dap-9, 0x1.3b3650ac1b9e6p-12, \
        -0x1.c3b7355aa4119p-16, 0x1.413448653e9a4p-19, -0x1.c566bfe5adcefp-23, 0x1.3dabe0011d662p-26, \
        -0x1.b9f82e1474983p-30, 0x1.314cf2734df6p-33, -0x1.a2e4f6b0565p-37, 0x1.1d71e57b06538p-40, \
        -0x1.825728ba500b2p-44, 0x1.0399e8bcc9a85p-47, -0x1.643883f35e203p-51, 0x1.eae9e817e0b7ep-55) \
    ROW(0x1.9fc5add4284p+3, 0x1.f42311bfcce2dp-6, -0x1.306687709879p-9, 0x1.7073a61f717b7p-13, \
        -0x1.bb82e65022ed9p-17, 0x1.097a000bae068p-20, -0x1.3c1ce8c56e121p-24, 0x1.766b7ce5a3d41p-28, \
        -0x1.b92ccb3b3ffafp-32, 0x1.029587ea51aadp-35, -0x1.2d987bfdec9fdp-39, 0x1.5e03297e326b9p-43, \
        -0x1.9415df4515a0ap-47, 0x1.d0151bcfb1d36p-51, -0x1.10c5e97b2a8f9p-54, 0x1.3f2eff7daf5ap-58) \
    ROW(0x1.01b2d3f8b34p+4, 0x1.944710eb5815cp-6, -0x1.8e9317e976d3dp-10, 0x1.877cce7296b98p-14, \
        -0x1.7f1be83ae1eedp-18, 0x1.758aebf437eebp-22, -0x1.6ae6b14273bedp-26, 0x1.5f4dda46ee604p-30, \
        -0x1.52e04aa8e914cp-34, 0x1.45beadaa8cf72p-38, -0x1.380abdadb3f4bp-42, 0x1.29e0c146a2f4dp-46, \
        -0x1.1b19196e6a967p-50, 0x1.0cee98005f011p-54, -0x1.0b4187ac40b9fp-58, 0x1.e3a600cd77bd4p-63) \
    ROW(0x1.430a3b6596fp+4, 0x1.42f31ab99dccap-6, -0x1.fd602fad20519p-11, 0x1.90bead5065b97p-15, \
        -0x1.3a87865075c55p-19, 0x1.ec8e49ca89608p-24, -0x1.80c4563f61a1ap-28, 0x1.2bdd56953c96dp-32, \
        -0x1.d24f5dd4d9f16p-37, 0x1.69bcbd679cfb9p-41, -0x1.17f98ef4c3f93p-45, 0x1.b06778d15225ep-50, \
        -0x1.4cfd5d78f68b4p-54, 0x1.ff89d5957aa8dp-59, -0x1.968753da9b58bp-63, 0x1.3f87d5bb9e719p-67) \
    ROW(0x1.81d40a30516p+4, 0x1.0e971f58f1eeap-6, -0x1.65da5b20a459cp-11, 0x1.d874944369904p-16, \
        -0x1.375aa521c3354p-20, 0x1.99af3b4a4dbp-25, -0x1.0d15bc4d5eaa8p-29, 0x1.60e376ccde5d2p-34, \
        -0x1.ce0701bde38bep-39, 0x1.2df674d842fcdp-43, -0x1.8a0e6fc485346p-48, 0x1.00b2d5231922ep-52, \
        -0x1.4dd20eb2799a1p-57, 0x1.b1bc040a4322ep-62, -0x1.2000540bcca39p-66, 0x1.6c1e8b318c306p-71) \
    ROW(0x1.c7e800705dp+4, 0x1.ca378b3a9b1a6p-7, -0x1.00aae6113e89ep-11, 0x1.1f3100cd4fe5p-16, \
        -0x1.40f489dd7ec8bp-21, 0x1.6641341190a2p-26, -0x1.8f68315608408p-31, 0x1.bcc0726bb640fp-36, \
        -0x1.eea6e56827776p-41, 0x1.12bf59d1ddaa8p-45, -0x1.30d8d6f0e0a82p-50, 0x1.51d7972cb69f1p-55, \
        -0x1.75dfa2be7134cp-60, 0x1.9d86168e0511p-65, -0x1.d42719903400cp-70, 0x1.fb7c5d570c04ep-75) \
    ROW(0x1.1735ea8fdbc8p+5, 0x1.764019bf88aebp-7, -0x1.5693fd288ab74p-12, 0x1.3954a24fdd2bfp-17, \
        -0x1.1e58ddf35539p-22, 0x1.0579a79361468p-27, -0x1.dd241634d6b56p-33, 0x1.b2fe32fe5ad51p-38, \
        -0x1.8c3fafec60296p-43, 0x1.68aa5ebec37aap-48, -0x1.4804781423d4cp-53, 0x1.2a171ec9e7402p-58, \
        -0x1.0e6cadc94083bp-63, 0x1.ea066073abec1p-69, -0x1.d252515d52245p-74, 0x1.b45e12f4705c5p-79)

TABLE(F(erf_table), 16, 14) = COLUMNS_14(ERF_F64_ROWS);
TABLE(F(gaussian_table), 16, 16) = COLUMNS_16(GAUSSIAN_F64_ROWS);

/* Column + t * (the next column). */
#define LOOKUP_LINE(table, column, row, t) F(lookup_line)(&table[0][0], LOOKUP_SIZES(table), column, row, t)
INLINE VEC F(lookup_line)(const double *table, size_t outer, size_t inner, int column, INT row, VEC t)
{
    VEC constant, slope;
    F(lookup)(table, outer, inner, column, row, &constant, &slope);
    return constant + t * slope;
}

INLINE VEC F(error_function)(VEC x)
{
    VEC a = F(lesser)(F(absolute)(x), F(constant)(5.9375)), center, value;
    VEC place = a * (F(constant)(0x1.1dp+2) - a * F(constant)(0x1.3ea6cp-2)); /* rounded: the row */
    INT row = (INT)(place + F(constant)(0x1.8p52));
    LOOKUP(F(erf_table), 0, row, &center, &value);
    VEC t = a - center, t2 = t * t, t4 = t2 * t2;
    VEC first = LOOKUP_LINE(F(erf_table), 2, row, t) + t2 * LOOKUP_LINE(F(erf_table), 4, row, t);
    VEC middle = LOOKUP_LINE(F(erf_table), 6, row, t) + t2 * LOOKUP_LINE(F(erf_table), 8, row, t);
    VEC last = LOOKUP_LINE(F(erf_table), 10, row, t) + t2 * LOOKUP_LINE(F(erf_table), 12, row, t);
    VEC result = value + t * (first + t4 * (middle + t4 * last));
    result = F(select)(F(less_equal)(place, F(constant)(2.5)), result + a, result);
    return F(with_sign)(result, x);
}

/* G(a), 0 <= a <= 38.75 */
INLINE VEC F(gaussian_tail)(VEC a)
{
    const VEC offset = F(constant)(0x1.4cp+1);
    INT row = (INT)((UINT)((INT)(a + offset) - (INT)offset) >> 50);
    VEC center, value;
    LOOKUP(F(gaussian_table), 0, row, &center, &value);
    VEC t = a - center, t2 = t * t, t4 = t2 * t2;
    VEC first = LOOKUP_LINE(F(gaussian_table), 2, row, t) + t2 * LOOKUP_LINE(F(gaussian_table), 4, row, t);
    VEC second = LOOKUP_LINE(F(gaussian_table), 6, row, t) + t2 * LOOKUP_LINE(F(gaussian_table), 8, row, t);
    VEC third = LOOKUP_LINE(F(gaussian_table), 10, row, t) + t2 * LOOKUP_LINE(F(gaussian_table), 12, row, t);
    return value + t * (first + t4 * (second + t4 * (third + t4 * LOOKUP_LINE(F(gaussian_table), 14, row, t))));
}

INLINE VEC F(gaussian_linear)(VEC x)
{
    VEC a = F(lesser)(F(absolute)(x), F(constant)(38.75)), a_high = F(upper_half)(a); /* its square is exact */
    F(power_of_e) e = F(power_of_sum)(-0.5 * a_high * a_high, -0.5 * (a - a_high) * (a + a_high));
    VEC tail = F(times_power)(a * F(gaussian_tail)(a) * (e.high + e.tail), e.n);
    return F(select)(F(less)(x, F(constant)(0)), -tail, x - tail);
}
